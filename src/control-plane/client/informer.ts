import type { KubeObject } from "../../api/objects.ts";
import type { WatchEventType } from "../apiserver/watch-cache.ts";
import type { ApiClient, ResourcePath } from "./api-client.ts";

export interface InformerHandlers {
  readonly onAdd?: (object: KubeObject) => void;
  readonly onUpdate?: (object: KubeObject, old: KubeObject) => void;
  readonly onDelete?: (object: KubeObject) => void;
}

/** How long a reflector waits before it lists again after a failure, µs. */
const relistDelayUs = 1_000_000;

/**
 * A component's own copy of a kind: lists once, then watches; after a watch that lost its place, it
 * lists again. What it holds is as old as the links make it, as in a real controller.
 *
 * @see kubernetes `staging/src/k8s.io/client-go/tools/cache/{reflector,shared_informer}.go`
 */
export class Informer {
  readonly #client: ApiClient;
  readonly #path: ResourcePath;
  readonly #fieldSelector: string;
  readonly #objects = new Map<string, KubeObject>();
  readonly #handlers: InformerHandlers[] = [];
  #hasSynced = false;

  constructor(client: ApiClient, path: ResourcePath, fieldSelector = "") {
    this.#client = client;
    this.#path = path;
    this.#fieldSelector = fieldSelector;
  }

  /** Whether the first list is in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  start(): void {
    this.#list();
  }

  addHandlers(handlers: InformerHandlers): void {
    this.#handlers.push(handlers);
  }

  /** By `namespace/name`, or the name alone for kinds without namespaces. */
  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  objects(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  #list(): void {
    this.#client.list(this.#path, this.#fieldSelector, (error, list) => {
      if (error !== undefined || list === undefined) return this.#listLater();
      this.#replace(list.items);
      this.#hasSynced = true;
      this.#watch(String(list.revision));
    });
  }

  #listLater(): void {
    const { timeline, actor } = this.#client;
    timeline.setTimer(actor, relistDelayUs, () => this.#list());
  }

  #watch(resourceVersion: string): void {
    const from = { ...this.#path, fieldSelector: this.#fieldSelector, resourceVersion };
    this.#client.watch(from, {
      event: (type, object) => this.#take(type, object),
      bookmark: () => {},
      error: () => this.#listLater(),
    });
  }

  #replace(listed: readonly KubeObject[]): void {
    const keys = new Set(listed.map(keyOfObject));
    for (const [key, old] of this.#objects) if (!keys.has(key)) this.#take("DELETED", old);
    for (const object of listed) this.#take("MODIFIED", object);
  }

  #take(type: WatchEventType, object: KubeObject): void {
    const key = keyOfObject(object);
    const old = this.#objects.get(key);
    if (type === "DELETED") {
      this.#objects.delete(key);
      for (const { onDelete } of this.#handlers) onDelete?.(object);
      return;
    }
    this.#objects.set(key, object);
    for (const { onAdd, onUpdate } of this.#handlers) {
      if (old === undefined) onAdd?.(object);
      else if (old !== object) onUpdate?.(object, old);
    }
  }
}

/** How work queues and caches name an object: `default/my-nginx`, `node-1`. */
export function keyOfObject({ metadata }: KubeObject): string {
  const { namespace, name = "" } = metadata;
  return namespace ? `${namespace}/${name}` : name;
}
