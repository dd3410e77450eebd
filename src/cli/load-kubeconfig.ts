import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CliError, exitCode, usageError } from "./cli-error.ts";
import { type EntryList, KubeconfigDocument } from "./kubeconfig-document.ts";

/** One context of a kubeconfig, resolved: all a client needs to talk to its cluster. */
export interface ClusterConnection {
  readonly contextName: string;
  readonly server: string;
  /** The namespace of requests that name none. */
  readonly namespace: string;
  readonly authorityPem?: string;
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
  readonly token?: string;
  readonly serverName?: string;
  readonly skipVerification: boolean;
}

/** The kubeconfig files that exist, merged as kubectl merges them: what is first said stands. */
export interface MergedKubeconfig {
  readonly currentContext: string;
  readonly contextNames: readonly string[];
  /** @throws {CliError} Exit code 2 if there is no such context, or it uses what we cannot. */
  connection(contextName: string): ClusterConnection;
}

/**
 * @param files Those that do not exist count as empty.
 * @throws {CliError} Exit code 2, with file, line and column, for a file that is no kubeconfig.
 * @see client-go `tools/clientcmd/loader.go`: ClientConfigLoadingRules.Load
 */
export function loadKubeconfig(files: readonly string[]): MergedKubeconfig {
  const sources = files
    .filter((file) => existsSync(file))
    .map((file) => ({ file, kubeconfig: new KubeconfigDocument(read(file), file) }));

  return {
    currentContext:
      sources.map(({ kubeconfig }) => kubeconfig.currentContext).find((name) => name !== "") ?? "",
    contextNames: [...new Set(sources.flatMap(({ kubeconfig }) => kubeconfig.names("contexts")))],
    connection: (name) => {
      const context = find("contexts", name);
      if (context === undefined) throw usageError(`context "${name}" does not exist`);
      const cluster = find("clusters", textOf(context, "cluster") ?? "");
      if (cluster === undefined) throw usageError(`context "${name}" names no known cluster`);
      const user = find("users", textOf(context, "user") ?? "");
      return connection(name, context, cluster, user);
    },
  };

  function find(list: EntryList, name: string): Entry | undefined {
    for (const { file, kubeconfig } of sources) {
      const fields = kubeconfig.entry(list, name);
      if (fields !== undefined) return { file, fields };
    }
    return undefined;
  }
}

/** An entry's payload, with the file it is from: paths in it are relative to that. */
interface Entry {
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function connection(
  contextName: string,
  context: Entry,
  cluster: Entry,
  user: Entry | undefined,
): ClusterConnection {
  const server = textOf(cluster, "server");
  if (server === undefined)
    throw usageError(`the cluster of context "${contextName}" has no server`);
  for (const plugin of ["exec", "auth-provider", "username"]) {
    if (user?.fields[plugin] !== undefined) {
      throw usageError(
        `the user of context "${contextName}" signs in by ${plugin}`,
        "Certificates and tokens are all that podrace can use; kubectl can use the rest.",
      );
    }
  }
  return withoutUndefined({
    contextName,
    server,
    namespace: textOf(context, "namespace") ?? "default",
    authorityPem: pemOf(cluster, "certificate-authority"),
    clientCertificatePem: user && pemOf(user, "client-certificate"),
    clientKeyPem: user && pemOf(user, "client-key"),
    token: user && (textOf(user, "token") ?? fileOf(user, "tokenFile")?.trim()),
    serverName: textOf(cluster, "tls-server-name"),
    skipVerification: cluster.fields["insecure-skip-tls-verify"] === true,
  });
}

/** Data in the file itself wins over a path to it. */
function pemOf(entry: Entry, key: string): string | undefined {
  const data = textOf(entry, `${key}-data`);
  return data === undefined ? fileOf(entry, key) : Buffer.from(data, "base64").toString("utf8");
}

function fileOf(entry: Entry, key: string): string | undefined {
  const path = textOf(entry, key);
  return path === undefined ? undefined : read(resolve(dirname(entry.file), path));
}

function textOf(entry: Entry, key: string): string | undefined {
  const value = entry.fields[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot read ${file}: ${(error as Error).message}`;
    throw new CliError(message, { exitCode: exitCode.usage, cause: error });
  }
}

function withoutUndefined<T extends object>(value: {
  readonly [Key in keyof T]: T[Key] | undefined;
}): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as unknown as T;
}
