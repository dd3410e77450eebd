import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ClusterAddress } from "../cluster/live-cluster.ts";
import { contextName } from "./kubeconfig.ts";

/**
 * `etcdctl` reads no kubeconfig, so that what it needs for TLS is put beside it, for its owner only.
 *
 * @returns The command that reaches the cluster's etcd, without what to do there.
 */
export function saveEtcdctlFiles(
  kubeconfig: string,
  name: string,
  { etcd = "", authorityPem, clientCertificatePem, clientKeyPem }: ClusterAddress,
): string {
  const { host } = new URL(etcd);
  // Without a scheme: with one etcdctl 3.4 names itself a host that no HTTP server knows.
  const command = `ETCDCTL_API=3 etcdctl --endpoints=${host}`;
  if (authorityPem === undefined) return command;
  const folder = folderOf(kubeconfig, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const flags = Object.entries({
    cacert: authorityPem,
    cert: clientCertificatePem ?? "",
    key: clientKeyPem ?? "",
  }).map(([flag, pem]) => {
    const file = join(folder, `${flag}.pem`);
    writeFileSync(file, pem, { mode: 0o600 });
    return `--${flag}=${file}`;
  });
  return [command, ...flags].join(" ");
}

export function removeEtcdctlFiles(kubeconfig: string, name: string): void {
  rmSync(folderOf(kubeconfig, name), { recursive: true, force: true });
}

function folderOf(kubeconfig: string, name: string): string {
  return join(dirname(kubeconfig), `${contextName(name)}-etcd`);
}
