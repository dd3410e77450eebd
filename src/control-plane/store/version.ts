import type { Change, KeyValue, LeaseId } from "./store.ts";

/** What a key was from one revision on, linked to what it was before: a write is one object. */
export class Version<V> implements KeyValue<V> {
  readonly key: string;
  readonly value: V;
  readonly createRevision: number;
  readonly modRevision: number;
  /** 0 for a deletion, which has no value. */
  readonly version: number;
  readonly lease: LeaseId;
  #older: Version<V> | undefined;

  constructor(
    key: string,
    value: V,
    createRevision: number,
    modRevision: number,
    version: number,
    lease: LeaseId,
    older: Version<V> | undefined,
  ) {
    this.key = key;
    this.value = value;
    this.createRevision = createRevision;
    this.modRevision = modRevision;
    this.version = version;
    this.lease = lease;
    this.#older = older;
  }

  get isDeletion(): boolean {
    return this.version === 0;
  }

  /** The version before, of a life before included; gone once it is compacted. */
  get older(): Version<V> | undefined {
    return this.#older;
  }

  forgetOlder(): void {
    this.#older = undefined;
  }

  /** What the key was at `revision`, if it existed. */
  at(revision: number): Version<V> | undefined {
    if (this.modRevision <= revision) return this.isDeletion ? undefined : this;
    let found = this.#older;
    while (found !== undefined && found.modRevision > revision) found = found.#older;
    return found === undefined || found.version === 0 ? undefined : found;
  }
}

export const noLease: LeaseId = 0n;

/** What watchers are told of a version. */
export function changeOf<V>(written: Version<V>): Change<V> {
  const { older, isDeletion } = written;
  return {
    type: isDeletion ? "delete" : "put",
    key: written.key,
    revision: written.modRevision,
    current: isDeletion ? undefined : written,
    previous: older === undefined || older.isDeletion ? undefined : older,
  };
}
