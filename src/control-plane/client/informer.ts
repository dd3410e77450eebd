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
  readonly #cells = new Map<string, Cell>();
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
    return this.#cells.get(key)?.stored.toObject();
  }

  /** As `get`, without making an object. */
  version(key: string): StoredObject | undefined {
    return this.#cells.get(key)?.stored;
  }

  *objects(): Generator<KubeObject, void, undefined> {
    for (const { stored } of this.#cells.values()) yield stored.toObject();
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
    for (const [key, { stored }] of this.#cells) {
      if (!keys.has(key)) this.#take("DELETED", stored);
    }
    for (const stored of listed) this.#take("MODIFIED", stored);
  }

  #take(type: WatchEventType, stored: StoredObject): void {
    const { key } = stored;
    if (type === "DELETED") {
      this.#cells.delete(key);
      for (const { onDelete } of this.#handlers) onDelete?.(stored);
      return;
    }
    const cell = this.#cells.get(key);
    const old = cell?.stored;
    if (cell === undefined) this.#cells.set(key, { stored });
    else cell.stored = stored;
    for (const { onAdd, onUpdate } of this.#handlers) {
      if (old === undefined) onAdd?.(stored);
      else if (old !== stored) onUpdate?.(stored, old);
    }
  }
}

/** What an informer has of an object: the version changes, and its place in the table does not. */
interface Cell {
  stored: StoredObject;
}
