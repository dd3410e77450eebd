import { readFileSync } from "node:fs";
import { InvalidArgumentError, Option } from "commander";
import type { EtcdState } from "../cluster/etcd-state.ts";
import { usageError } from "./cli-error.ts";
import type { Terminal } from "./terminal.ts";

/** Of a cluster whose objects are in a real etcd. */
export interface EtcdFlags {
  readonly etcd?: readonly string[];
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
  readonly etcdUser?: EtcdUser;
  readonly serveOnly?: true;
  readonly dataDir?: string;
  readonly etcdPort?: number;
  readonly pool?: readonly unknown[];
}

interface EtcdUser {
  readonly name: string;
  readonly password: string;
}

/** Their options, one by one; those for TLS are called as kube-apiserver's. */
export const etcdOption = {
  servers: (): Option =>
    new Option(
      "--etcd <urls>",
      "keep the cluster's state in a real etcd 3.4 or later, and go on from it: https://HOST:PORT of its members, with commas",
    )
      .env("PODRACE_ETCD")
      .argParser((text) => text.split(",").map((each) => each.trim())),
  caFile: (): Option =>
    new Option("--etcd-cafile <file>", "with --etcd: who signed its certificate, as PEM").env(
      "PODRACE_ETCD_CAFILE",
    ),
  certFile: (): Option =>
    new Option("--etcd-certfile <file>", "with --etcd: the client certificate, as PEM").env(
      "PODRACE_ETCD_CERTFILE",
    ),
  keyFile: (): Option =>
    new Option("--etcd-keyfile <file>", "with --etcd: the client certificate's key, as PEM").env(
      "PODRACE_ETCD_KEYFILE",
    ),
  user: (): Option =>
    new Option(
      "--etcd-user <name:password>",
      "with --etcd: who to log in as; better in the environment, where nobody sees it",
    )
      .env("PODRACE_ETCD_USER")
      .argParser(user),
  serveOnly: (): Option =>
    new Option(
      "--serve-only",
      "with --etcd: only serve the cluster that another podrace drives, from its nodes to its controllers",
    ),
};

/**
 * @param isGiven Whether an option is on the command line, by its name in the flags.
 * @throws {CliError} Exit code 2 for options that make no sense together.
 */
export function requireEtcdSense(flags: EtcdFlags, isGiven: (option: string) => boolean): void {
  const needEtcd = {
    "--etcd-cafile": isGiven("etcdCafile"),
    "--etcd-certfile": isGiven("etcdCertfile"),
    "--etcd-keyfile": isGiven("etcdKeyfile"),
    "--etcd-user": isGiven("etcdUser"),
    "--serve-only": flags.serveOnly === true,
  };
  for (const [option, isThere] of Object.entries(needEtcd)) {
    if (isThere && flags.etcd === undefined) throw usageError(`${option} needs --etcd URL`);
  }
  if (flags.etcd === undefined) return;
  if (flags.dataDir !== undefined) {
    throw usageError("--etcd cannot go with --data-dir: the state is kept in one place");
  }
  if (flags.etcdPort !== undefined) {
    throw usageError("--etcd-port cannot go with --etcd: point etcdctl at that etcd");
  }
  if (flags.serveOnly === true && (isGiven("nodes") || flags.pool !== undefined)) {
    throw usageError(
      "--serve-only has no nodes: leave --nodes and --pool to the podrace that drives",
    );
  }
}

/** @throws {CliError} Exit code 2 when it cannot be used. */
export async function openEtcd(
  flags: EtcdFlags,
  endpoints: readonly string[],
  terminal: Terminal,
): Promise<EtcdState> {
  const { etcdCafile, etcdCertfile, etcdKeyfile, etcdUser, serveOnly } = flags;
  const tls = {
    ...(etcdCafile !== undefined && { caPem: pem("--etcd-cafile", etcdCafile) }),
    ...(etcdCertfile !== undefined && { certificatePem: pem("--etcd-certfile", etcdCertfile) }),
    ...(etcdKeyfile !== undefined && { keyPem: pem("--etcd-keyfile", etcdKeyfile) }),
  };
  const { EtcdStateError, openEtcdState } = await import("../cluster/etcd-state.ts");
  try {
    return await openEtcdState({
      endpoints,
      ...(Object.keys(tls).length > 0 && { tls }),
      ...(etcdUser !== undefined && { user: etcdUser }),
      servesOnly: serveOnly === true,
      onWait: (driver) => terminal.progress(` … ${driver} drives it, or died a moment ago`),
    });
  } catch (error) {
    if (!(error instanceof EtcdStateError)) throw error;
    throw usageError(
      `--etcd: ${error.message}`,
      error.isDriven
        ? "One podrace at a time; any other can serve it with --serve-only."
        : undefined,
    );
  }
}

function pem(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usageError(`${option}: ${(error as Error).message}`);
  }
}

function user(text: string): EtcdUser {
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidArgumentError("It must be NAME:PASSWORD.");
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
