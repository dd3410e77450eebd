import type { KubeObject } from "../../api/objects.ts";
import type { StoredObject } from "../apiserver/stored/stored-object.ts";
import type { WatchEventType } from "../apiserver/watch-cache.ts";
import type { ApiClient, ResourcePath } from "./api-client.ts";

export type { StoredObject };

export interface InformerHandlers {
  readonly onAdd?: (object: KubeObject) => void;
  readonly onUpdate?: (object: KubeObject, old: KubeObject) => void;
  readonly onDelete?: (object: KubeObject) => void;
}

/** The same for who reads little of each version: no object is made. */
export interface VersionHandlers {
  readonly onAdd?: (stored: StoredObject) => void;
  readonly onUpdate?: (stored: StoredObject, old: StoredObject) => void;
  readonly onDelete?: (stored: StoredObject) => void;
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
  readonly #versions = new Map<string, StoredObject>();
  readonly #handlers: VersionHandlers[] = [];
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

  addHandlers({ onAdd, onUpdate, onDelete }: InformerHandlers): void {
    this.addVersionHandlers({
      ...(onAdd && { onAdd: (stored) => onAdd(stored.toObject()) }),
      ...(onUpdate && {
        onUpdate: (stored, old) => onUpdate(stored.toObject(), old.toObject()),
      }),
      ...(onDelete && { onDelete: (stored) => onDelete(stored.toObject()) }),
    });
  }

  addVersionHandlers(handlers: VersionHandlers): void {
    this.#handlers.push(handlers);
  }

  /** By `namespace/name`, or the name alone for kinds without namespaces. */
  get(key: string): KubeObject | undefined {
    return this.#versions.get(key)?.toObject();
  }

  /** As `get`, without making an object. */
  version(key: string): StoredObject | undefined {
    return this.#versions.get(key);
  }

  *objects(): Generator<KubeObject, void, undefined> {
    for (const stored of this.#versions.values()) yield stored.toObject();
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
      event: (type, stored) => this.#take(type, stored),
      bookmark: () => {},
      error: () => this.#listLater(),
    });
  }

  #replace(listed: readonly StoredObject[]): void {
    const keys = new Set(listed.map(({ key }) => key));
    for (const [key, old] of this.#versions) if (!keys.has(key)) this.#take("DELETED", old);
    for (const stored of listed) this.#take("MODIFIED", stored);
  }

  #take(type: WatchEventType, stored: StoredObject): void {
    const { key } = stored;
    const old = this.#versions.get(key);
    if (type === "DELETED") {
      this.#versions.delete(key);
      for (const { onDelete } of this.#handlers) onDelete?.(stored);
      return;
    }
    this.#versions.set(key, stored);
    for (const { onAdd, onUpdate } of this.#handlers) {
      if (old === undefined) onAdd?.(stored);
      else if (old !== stored) onUpdate?.(stored, old);
    }
  }
}
