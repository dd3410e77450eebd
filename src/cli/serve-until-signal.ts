import type { LiveCluster } from "../cluster/live-cluster.ts";
import { exitCode } from "./cli-error.ts";
import { removeEtcdctlFiles, saveEtcdctlFiles } from "./etcdctl-files.ts";
import type { JournalFile } from "./journal-file.ts";
import { contextName, removeFromKubeconfig, saveToKubeconfig } from "./kubeconfig.ts";
import { kubeconfigToWrite } from "./kubeconfig-path.ts";
import type { ServeFlags } from "./serve-options.ts";
import type { Terminal } from "./terminal.ts";
import type { waitForSignal } from "./wait-for-signal.ts";

/**
 * Points kubectl at a live cluster, until Ctrl-C or SIGTERM; then all is taken back.
 *
 * @param options.ending Waited for since before the cluster was started.
 * @returns The exit code.
 * @throws What ended the cluster by itself.
 */
export async function serveUntilSignal(
  cluster: LiveCluster,
  flags: ServeFlags,
  options: {
    readonly ending: ReturnType<typeof waitForSignal>;
    readonly journal: JournalFile | undefined;
    readonly terminal: Terminal;
  },
): Promise<number> {
  const { ending, journal, terminal } = options;
  if (ending.signal !== undefined) {
    await cluster.stop();
    journal?.discard();
    return ending.signal === "SIGINT" ? exitCode.interrupted : exitCode.terminated;
  }
  const file = kubeconfigToWrite({ flag: flags.kubeconfig, env: process.env });
  let etcdctl: string | undefined;
  try {
    await saveToKubeconfig(file, flags.name, cluster.address);
    if (cluster.address.etcd !== undefined) {
      etcdctl = saveEtcdctlFiles(file, flags.name, cluster.address);
    }
  } catch (error) {
    await cluster.stop();
    journal?.discard();
    throw error;
  }
  const nodes = [...cluster.cluster.server.objects("", "nodes")].length;
  const { data } = cluster.cluster;
  terminal.progress(
    cluster.cluster.servesOnly
      ? ` ✓ serves the ${nodes} nodes that another podrace drives in ${data?.place}`
      : ` ✓ ${nodes} nodes are ready (${threadsText(cluster)})`,
  );
  for (const [index, address] of cluster.addresses.slice(1).entries()) {
    terminal.progress(` ✓ api-${index + 2} is at ${address}`);
  }
  terminal.progress(` ✓ kubectl is pointed at it: context ${contextName(flags.name)} in ${file}`);
  if (etcdctl !== undefined) {
    terminal.progress(` ✓ etcd's door is open: ${etcdctl} get --prefix /registry/pods/`);
  }
  terminal.result(`${cluster.address.server}\n`);
  terminal.progress(
    "\nTry:  kubectl run my-nginx --image nginx && kubectl get pods -w\nStop: Ctrl-C",
  );
  const failure = await Promise.race([ending.asked, cluster.failed]);
  terminal.progress("Stopping …");
  try {
    if (etcdctl !== undefined) removeEtcdctlFiles(file, flags.name);
    await removeFromKubeconfig(file, flags.name);
  } finally {
    await cluster.stop();
    journal?.close();
  }
  if (failure instanceof Error) throw failure;
  return exitCode.ok;
}

function threadsText({ cluster }: LiveCluster): string {
  const { threads } = cluster.options;
  if (threads === 0) return "kubelets on the main thread";
  return `kubelets on ${threads} worker thread${threads === 1 ? "" : "s"}`;
}
