import type { KubeObject, Namespace } from "../../api/objects.ts";
import type { ApiClient, ResourcePath } from "../client/api-client.ts";
import { isWorthRepeating } from "../client/connection.ts";
import { Informer } from "../client/informer.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";

const namespacesPath = { group: "", version: "v1", plural: "namespaces" } as const;

/**
 * How long at most until another look at a namespace that has content left.
 *
 * @see kubernetes `finalizerEstimateSeconds`: half of its 15 s, and one more
 */
const contentDelayUs = 8_000_000;

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
        if (error === undefined) return finalize(client, namespace, done);
        queue.addAfter(name, contentDelayUs);
        done(error);
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
  let failure: Error | undefined;
  for (const kind of kinds) {
    listInNamespace(client, kind, namespace, (error, objects) => {
      failure ??= error;
      left += objects.length;
      for (const { metadata } of objects) {
        const deletes = metadata.deletionTimestamp === undefined;
        if (deletes) client.remove({ ...kind, namespace, name: metadata.name ?? "" }, {});
      }
      if (--pending > 0) return;
      if (left > 0) failure ??= new Error(`${left} objects are left in namespace ${namespace}`);
      done(failure);
    });
  }
}

function listInNamespace(
  client: ApiClient,
  kind: ResourcePath,
  namespace: string,
  take: (error: Error | undefined, objects: readonly KubeObject[]) => void,
): void {
  client.list(kind, `metadata.namespace=${namespace}`, (error, list) =>
    take(
      error,
      (list?.items ?? []).map((stored) => stored.toObject()),
    ),
  );
}

function finalize(client: ApiClient, object: KubeObject, done: (error?: Error) => void): void {
  const namespace = object as unknown as Namespace;
  const name = namespace.metadata.name ?? "";
  const finalizers = (namespace.spec?.finalizers ?? []).filter((owner) => owner !== "kubernetes");
  client.finalize(
    { ...namespacesPath, namespace: "", name },
    { ...namespace, spec: { finalizers } },
    (error) => done(isWorthRepeating(error) ? error : undefined),
  );
}
