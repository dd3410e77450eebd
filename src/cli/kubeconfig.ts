import { randomUUID } from "node:crypto";
import { chmod, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { CliError, exitCode } from "./cli-error.ts";
import { withFileLock } from "./file-lock.ts";
import { entryLists, KubeconfigDocument } from "./kubeconfig-document.ts";

/** How to reach a cluster, and as whom. Certificates and keys are PEM. */
export interface ClusterAccess {
  /** `https://127.0.0.1:6443`, or `http://…` without any certificate. */
  readonly server: string;
  readonly authorityPem?: string;
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
}

/** What a cluster's context, cluster and user entries are called in a kubeconfig. */
export function contextName(cluster: string): string {
  return `podrace-${cluster}`;
}

/**
 * Adds the cluster to the file, which need not exist, and makes its context the current one. What
 * an earlier cluster of that name left behind is replaced; all else stays.
 *
 * @throws {CliError} Exit code 2 if the file is no kubeconfig or cannot be written. It is then as
 *   it was: the new text replaces the old in one step, or not at all.
 */
export async function saveToKubeconfig(
  file: string,
  cluster: string,
  access: ClusterAccess,
  options: { readonly waitMs?: number } = {},
): Promise<void> {
  await change(file, options, (kubeconfig) => {
    addCluster(kubeconfig, cluster, access);
    return true;
  });
}

/**
 * Takes the cluster out of the file again, and out of `current-context` if it is there. A file
 * that knows nothing of it, or does not exist, is not touched.
 *
 * @throws {CliError} As `saveToKubeconfig`.
 */
export async function removeFromKubeconfig(
  file: string,
  cluster: string,
  options: { readonly waitMs?: number } = {},
): Promise<void> {
  if ((await read(file)) === undefined) return;
  const name = contextName(cluster);
  await change(file, options, (kubeconfig) => {
    const removed = entryLists.map((list) => kubeconfig.removeEntry(list, name));
    const wasCurrent = kubeconfig.currentContext === name;
    if (wasCurrent) kubeconfig.currentContext = "";
    return wasCurrent || removed.includes(true);
  });
}

/** A kubeconfig with nothing but this cluster, for printing or for a file of its own. */
export function renderKubeconfig(cluster: string, access: ClusterAccess): string {
  const kubeconfig = new KubeconfigDocument("", "kubeconfig");
  addCluster(kubeconfig, cluster, access);
  return kubeconfig.toString();
}

function addCluster(kubeconfig: KubeconfigDocument, cluster: string, access: ClusterAccess): void {
  const name = contextName(cluster);
  kubeconfig.setEntry("clusters", name, {
    ...data("certificate-authority-data", access.authorityPem),
    server: access.server,
  });
  kubeconfig.setEntry("contexts", name, { cluster: name, user: name });
  kubeconfig.setEntry("users", name, {
    ...data("client-certificate-data", access.clientCertificatePem),
    ...data("client-key-data", access.clientKeyPem),
  });
  kubeconfig.currentContext = name;
}

function data(key: string, pem: string | undefined): Record<string, string> {
  return pem === undefined ? {} : { [key]: Buffer.from(pem, "utf8").toString("base64") };
}

/** @param edit Says whether it has changed anything. */
async function change(
  file: string,
  options: { readonly waitMs?: number },
  edit: (kubeconfig: KubeconfigDocument) => boolean,
): Promise<void> {
  try {
    await withFileLock(
      file,
      async () => {
        const kubeconfig = new KubeconfigDocument((await read(file)) ?? "", file);
        if (edit(kubeconfig)) await replace(file, kubeconfig.toString());
      },
      options,
    );
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot write kubeconfig ${file}: ${(error as Error).message}`, {
      exitCode: exitCode.usage,
      hint: "Name another file with --kubeconfig FILE.",
      cause: error,
    });
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CliError(`cannot read kubeconfig ${file}: ${(error as Error).message}`, {
      exitCode: exitCode.usage,
      cause: error,
    });
  }
}

/** A private key is in it, so only its owner may read it. A link stays a link. */
async function replace(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
    await chmod(temporary, 0o600);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
