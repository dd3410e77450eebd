import type { NodeView } from "../api/node-view.ts";
import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { componentUser, watchAll } from "../control-plane/apiserver/request.ts";
import { nodeVersion } from "../control-plane/client/node-version.ts";
import { invariant } from "../kernel/invariant.ts";

/** How many nodes are ready and open for pods, counted as they change. */
export class ReadyNodes {
  readonly #ready = new Set<string>();
  readonly #afterRevision: number;

  /** @param afterRevision What was written up to then, its kubelets of now did not say. */
  constructor(server: ApiServer, afterRevision = 0) {
    this.#afterRevision = afterRevision;
    const resource = server.resources.find("", "v1", "nodes");
    invariant(resource !== undefined, "nodes are served");
    const context = {
      resource,
      namespace: "",
      name: "",
      user: componentUser("podrace"),
      client: "podrace",
      subresource: "",
      dryRun: false,
    };
    const watch = (): void => {
      this.#ready.clear();
      server.watch(context, watchAll, {
        event: (type, stored) => {
          const isThere = type !== "DELETED" && stored.revision > this.#afterRevision;
          this.#take(nodeVersion(stored), isThere);
        },
        bookmark: () => {},
        // The server lost its place in the store, and began anew; one that crashed says when it is back.
        error: () => {
          if (server.isServing) watch();
        },
      });
    };
    watch();
    server.observe({ crashed: () => this.#ready.clear(), serving: watch });
  }

  get count(): number {
    return this.#ready.size;
  }

  #take({ name, taints, conditions }: NodeView, isThere: boolean): void {
    const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
    if (isThere && isReady && taints.length === 0) this.#ready.add(name);
    else this.#ready.delete(name);
  }
}
