import { defineCommand } from "../command.ts";
import { listObjects } from "../objects.ts";

/** @see kubectl `cmd/clusterinfo/clusterinfo.go` */
export const clusterInfo = defineCommand({
  name: "cluster-info",
  summary: "show where the cluster is",
  usage: "",
  flags: {},

  async run({ client, discovery, io }) {
    const services = await listObjects(client, await discovery.find("services"), {
      namespace: "kube-system",
      labelSelector: "kubernetes.io/cluster-service=true",
    });
    const { server } = client.connection;
    io.out(`Kubernetes control plane is running at ${server}\n`);
    for (const { metadata } of services) {
      const labels = (metadata?.["labels"] ?? {}) as Readonly<Record<string, string>>;
      const name = labels["kubernetes.io/name"] ?? metadata?.name ?? "";
      const path = `/api/v1/namespaces/kube-system/services/${metadata?.name}/proxy`;
      io.out(`${name} is running at ${server}${path}\n`);
    }
    io.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    return 0;
  },
});
