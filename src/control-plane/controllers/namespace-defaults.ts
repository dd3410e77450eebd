import type { KubeObject } from "../../api/objects.ts";
import type { ApiClient } from "../client/api-client.ts";
import { ConnectionLostError } from "../client/connection.ts";
import { Informer } from "../client/informer.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";

/**
 * Every namespace has a `default` service account.
 *
 * @see kubernetes `pkg/controller/serviceaccount/serviceaccounts_controller.go`
 */
export const serviceAccountController: Controller = {
  name: "serviceaccount",
  start: (client) =>
    keepInEveryNamespace(client, "serviceaccounts", (namespace) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace },
    })),
};

/**
 * Every namespace has the cluster's CA, for pods that talk to the API server.
 *
 * @see kubernetes `pkg/controller/certificates/rootcacertpublisher/publisher.go`
 */
export function rootCaCertPublisher(caPem: string): Controller {
  return {
    name: "root-ca-cert-publisher",
    start: (client) =>
      keepInEveryNamespace(client, "configmaps", (namespace) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "kube-root-ca.crt",
          namespace,
          annotations: { "kubernetes.io/description": caDescription },
        },
        data: { "ca.crt": caPem },
      })),
  };
}

const caDescription =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Creates `make(namespace)` wherever it is missing, again after somebody deletes it. */
function keepInEveryNamespace(
  client: ApiClient,
  plural: string,
  make: (namespace: string) => KubeObject,
): void {
  const path = { group: "", version: "v1", plural };
  const name = make("").metadata.name ?? "";
  const namespaces = new Informer(client, { group: "", version: "v1", plural: "namespaces" });
  const kept = new Informer(client, path, `metadata.name=${name}`);
  const queue = new WorkQueue(client.timeline, client.actor, (namespace, done) => {
    const isActive = namespaces.get(namespace)?.metadata.deletionTimestamp === undefined;
    if (!isActive || namespaces.get(namespace) === undefined) return done();
    if (kept.get(`${namespace}/${name}`) !== undefined) return done();
    client.create(path, make(namespace), (error) =>
      done(error instanceof ConnectionLostError ? error : undefined),
    );
  });
  const enqueue = ({ metadata }: KubeObject): void => queue.add(metadata.name ?? "");
  namespaces.addHandlers({ onAdd: enqueue, onUpdate: enqueue });
  kept.addHandlers({ onDelete: ({ metadata }) => queue.add(metadata.namespace ?? "") });
  namespaces.start();
  kept.start();
}
