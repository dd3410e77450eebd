import { equalJson } from "../../api/equal-json.ts";
import type { KubeObject } from "../../api/objects.ts";
import type { ApiClient } from "../client/api-client.ts";
import { isWorthRepeating } from "../client/connection.ts";
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

/** Creates `make(namespace)` wherever it is missing, again after somebody deletes it, and mends its data. */
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
    const wanted = make(namespace);
    const found = kept.get(`${namespace}/${name}`);
    if (found === undefined) {
      return client.create(path, wanted, (error) =>
        done(isWorthRepeating(error) ? error : undefined),
      );
    }
    if (hasDataOf(found, wanted)) return done();
    const mended = (stored: KubeObject): KubeObject =>
      hasDataOf(stored, wanted) ? stored : { ...stored, data: wanted["data"] };
    client.patch({ ...path, namespace, name }, "", mended, (error) => done(error));
  });
  const enqueue = ({ metadata }: KubeObject): void => queue.add(metadata.name ?? "");
  namespaces.addHandlers({ onAdd: enqueue, onUpdate: enqueue });
  const enqueueOwner = ({ metadata }: KubeObject): void => queue.add(metadata.namespace ?? "");
  kept.addHandlers({ onAdd: enqueueOwner, onUpdate: enqueueOwner, onDelete: enqueueOwner });
  namespaces.start();
  kept.start();
}

function hasDataOf(found: KubeObject, wanted: KubeObject): boolean {
  return equalJson(found["data"], wanted["data"]);
}
