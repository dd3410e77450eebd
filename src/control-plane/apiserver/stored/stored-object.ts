import type { KubeObject } from "../../../api/objects.ts";

/**
 * One version of an object as the store keeps it: whole, or as a row of what is particular to it that
 * becomes an object when somebody reads it. A million pods are a million rows, not objects.
 *
 * What components ask of every version they see is there without making the object.
 */
export abstract class StoredObject {
  /** The revision it was written at; the store sets it when it commits. */
  revision = 0;

  abstract readonly namespace: string;
  abstract readonly name: string;
  abstract readonly uid: string;
  abstract readonly labels: Readonly<Record<string, string>> | undefined;
  /** How work queues and caches name it: `default/my-nginx`, `node-1`. */
  abstract readonly key: string;
  /** Its key in the store, if it keeps that. */
  get storeKey(): string | undefined {
    return undefined;
  }

  /** Whether its deletion has begun. */
  abstract readonly isDeleting: boolean;
  /** Its `spec`, or what it has in common with others of its template. */
  abstract readonly sharedSpec: unknown;

  /** The object as clients see it. Plain data, the same whenever it is asked. */
  abstract toObject(): KubeObject;

  /** The same content at another revision. */
  abstract atRevision(revision: number): StoredObject;

  /** `metadata.resourceVersion`, once it is written. */
  protected revisionField(): { readonly resourceVersion?: string } {
    return this.revision === 0 ? {} : { resourceVersion: String(this.revision) };
  }

  /** A field that is known without making the object; `undefined` for one that is not. */
  knownField(_field: string): string | undefined {
    return undefined;
  }
}

/** A version that is kept as the object it is. */
export class PlainObject extends StoredObject {
  #object: KubeObject;
  #key = "";

  constructor(object: KubeObject) {
    super();
    this.#object = object;
  }

  get namespace(): string {
    return this.#object.metadata.namespace ?? "";
  }

  get name(): string {
    return this.#object.metadata.name ?? "";
  }

  get uid(): string {
    return this.#object.metadata.uid ?? "";
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.#object.metadata.labels;
  }

  get key(): string {
    return (this.#key ||= keyOf(this.namespace, this.name));
  }

  get isDeleting(): boolean {
    return this.#object.metadata.deletionTimestamp !== undefined;
  }

  get sharedSpec(): unknown {
    return this.#object["spec"];
  }

  toObject(): KubeObject {
    const { metadata } = this.#object;
    if (this.revision === 0) return this.#object;
    const resourceVersion = String(this.revision);
    if (metadata.resourceVersion !== resourceVersion) {
      this.#object = { ...this.#object, metadata: { ...metadata, resourceVersion } };
    }
    return this.#object;
  }

  atRevision(revision: number): StoredObject {
    return stampRevision(new PlainObject(this.#object), revision);
  }
}

/** Writes a revision into a version that is being committed. */
export function stampRevision<S extends StoredObject>(stored: S, revision: number): S {
  stored.revision = revision;
  return stored;
}

/** `default/my-nginx`; the name alone for kinds without namespaces. */
export function keyOf(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}
