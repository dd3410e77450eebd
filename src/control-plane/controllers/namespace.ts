import type { KubeObject, Namespace } from "../../api/objects.ts";
import type { ApiClient, ResourcePath } from "../client/api-client.ts";
import { Informer } from "../client/informer.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";

const namespacesPath = { group: "", version: "v1", plural: "namespaces" } as const;

/**
 * Empties a namespace that is being deleted, then lets it go.
 *
 * @see kubernetes `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`
 */
export const namespaceController: Controller = {
  name: "namespace",

  start(client) {
    const namespaces = new Informer(client, namespacesPath);
    const queue = new WorkQueue(client.timeline, client.actor, (name, done) => {
      const namespace = namespaces.get(name);
      if (namespace?.metadata.deletionTimestamp === undefined) return done();
      deleteContent(client, name, (error) => {
        if (error !== undefined) return done(error);
        finalize(client, namespace, done);
      });
    });
    const enqueue = ({ metadata }: KubeObject): void => {
      if (metadata.deletionTimestamp !== undefined) queue.add(metadata.name ?? "");
    };
    namespaces.addHandlers({ onAdd: enqueue, onUpdate: enqueue });
    namespaces.start();
  },
};

/** Deletes what is there; an error while something is left, so that the queue comes back. */
function deleteContent(client: ApiClient, namespace: string, done: (error?: Error) => void): void {
  const kinds = client.namespacedKinds();
  let pending = kinds.length;
  let left = 0;
  for (const kind of kinds) {
    listInNamespace(client, kind, namespace, (objects) => {
      left += objects.length;
      for (const { metadata } of objects) {
        const deletes = metadata.deletionTimestamp === undefined;
        if (deletes) client.remove({ ...kind, namespace, name: metadata.name ?? "" }, {});
      }
      if (--pending > 0) return;
      done(
        left === 0 ? undefined : new Error(`${left} objects are left in namespace ${namespace}`),
      );
    });
  }
}

function listInNamespace(
  client: ApiClient,
  kind: ResourcePath,
  namespace: string,
  take: (objects: readonly KubeObject[]) => void,
): void {
  client.list(kind, `metadata.namespace=${namespace}`, (_error, list) => take(list?.items ?? []));
}

function finalize(client: ApiClient, object: KubeObject, done: (error?: Error) => void): void {
  const namespace = object as unknown as Namespace;
  const name = namespace.metadata.name ?? "";
  const finalizers = (namespace.spec?.finalizers ?? []).filter((owner) => owner !== "kubernetes");
  client.finalize(
    { ...namespacesPath, namespace: "", name },
    { ...namespace, spec: { finalizers } },
    () => done(),
  );
}
