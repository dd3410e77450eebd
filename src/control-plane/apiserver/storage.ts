import { alreadyExists, conflict, notFound, tooLargeResourceVersion } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import { CompactedError, FutureRevisionError } from "../store/store-errors.ts";
import { type KeyValue, prefixEnd, type Store, type TransactionResult } from "../store/store.ts";
import { equalJson } from "../../api/equal-json.ts";
import { type Claim, type ClaimedWrite, claimedWrite, ClaimTakenError } from "./claims.ts";
import { storeFailure } from "./store-failure.ts";
import { groupResourceOf, keyOf, type Resource } from "./resource.ts";
import { PlainObject, type StoredObject } from "./stored/stored-object.ts";

/** An object, or the error to answer with: exactly one of them, once. */
export type Answer<T> = (error: Error | undefined, result?: T) => void;

export interface ObjectId {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Its key in the store, where the caller knows it: millions of keys are better not made again. */
  readonly storeKey?: string | undefined;
}

/**
 * Objects over keys: creation, optimistic updates and deletion as single transactions.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go`
 */
export class Storage {
  readonly store: Store<StoredObject>;

  constructor(store: Store<StoredObject>) {
    this.store = store;
  }

  get(id: ObjectId, answer: Answer<StoredObject>): void {
    this.#find(id, (error, found) => {
      if (error !== undefined) return answer(error);
      if (found === undefined) return answer(notFound(groupResourceOf(id.resource), id.name));
      answer(undefined, found.value);
    });
  }

  /** Answers with a `ClaimTakenError` when another object has what this one claims. */
  create(id: ObjectId, object: StoredObject, answer: Answer<StoredObject>): void {
    const key = storeKeyOf(id);
    const { direct } = this.store;
    if (direct !== undefined) {
      const written = direct.replace(key, 0, object);
      if (written !== undefined) return answer(undefined, written.value);
      return answer(alreadyExists(groupResourceOf(id.resource), id.name));
    }
    const write = claimedWrite(id.resource, { key, modRevision: 0 }, undefined, object);
    this.store.transact(write.transaction, (error, result) => {
      if (error !== undefined) return answer(storeFailure(error));
      if (result.succeeded) return answer(undefined, result.written[0]?.value);
      const taken = takenOf(write, result);
      if (taken === undefined) return answer(alreadyExists(groupResourceOf(id.resource), id.name));
      // Somebody may have been faster with the same name, too: that is what a client has to know.
      this.#find(id, (failure, found) => {
        if (failure !== undefined) return answer(failure);
        answer(
          found === undefined
            ? new ClaimTakenError(taken)
            : alreadyExists(groupResourceOf(id.resource), id.name),
        );
      });
    });
  }

  /** What `create` would answer now; nothing is written. */
  previewCreate(id: ObjectId, object: StoredObject, answer: Answer<StoredObject>): void {
    this.#find(id, (error, found) => {
      if (error !== undefined) return answer(error);
      if (found !== undefined) return answer(alreadyExists(groupResourceOf(id.resource), id.name));
      answer(undefined, object);
    });
  }

  /**
   * Reads, changes and writes back, again until nobody wrote in between.
   *
   * @param change Returns the new object, the same one for "no change", or `undefined` to remove
   *   it. Called again with the newer object after a lost race. What it throws is the answer.
   * @param changeRow Asked first: the new row, or `undefined` when it takes an object.
   */
  update(
    id: ObjectId,
    change: (old: KubeObject) => KubeObject | undefined,
    answer: Answer<StoredObject>,
    changeRow?: (old: StoredObject) => StoredObject | undefined,
  ): void {
    const revised = (old: StoredObject): StoredObject | undefined => {
      const row = changeRow?.(old);
      if (row !== undefined) return row;
      const object = old.toObject();
      const changed = change(object);
      if (changed === undefined) return undefined;
      return equalJson(changed, object) ? old : new PlainObject(changed);
    };
    this.revise(id, revised, answer);
  }

  /** As `update`, without making objects of what is stored. */
  revise(
    id: ObjectId,
    change: (old: StoredObject) => StoredObject | undefined,
    answer: Answer<StoredObject>,
  ): void {
    this.#find(id, (error, found) => {
      if (error !== undefined) return answer(error);
      if (found === undefined) return answer(notFound(groupResourceOf(id.resource), id.name));
      let changed: StoredObject | undefined;
      try {
        changed = change(found.value);
      } catch (refusal) {
        return answer(refusal as Error);
      }
      if (changed === found.value) return this.#confirm(id, change, found, answer);
      const { key, modRevision } = found;
      const { direct } = this.store;
      if (direct !== undefined) {
        const written = direct.replace(key, modRevision, changed);
        return written === undefined
          ? this.revise(id, change, answer)
          : answer(undefined, written.value);
      }
      const write = claimedWrite(id.resource, { key, modRevision }, found.value, changed);
      this.store.transact(write.transaction, (failure, result) => {
        if (failure !== undefined) return answer(storeFailure(failure));
        if (result.succeeded) return answer(undefined, result.written[0]?.value);
        const taken = takenOf(write, result);
        if (taken !== undefined) return answer(taken.refusal);
        this.revise(id, change, answer);
      });
    });
  }

  /** What `update` would answer now; nothing is written. */
  previewUpdate(
    id: ObjectId,
    change: (old: KubeObject) => KubeObject | undefined,
    answer: Answer<KubeObject>,
  ): void {
    this.get(id, (error, stored) => {
      if (error !== undefined || stored === undefined) return answer(error);
      const object = stored.toObject();
      let changed: KubeObject | undefined;
      try {
        changed = change(object);
      } catch (refusal) {
        return answer(refusal as Error);
      }
      answer(undefined, changed ?? object);
    });
  }

  /** One page of a prefix at one revision; a `CompactedError` when that is gone. */
  list(
    request: {
      readonly startKey: string;
      readonly prefix: string;
      readonly limit: number;
      readonly revision: number;
    },
    answer: Answer<ListPage>,
  ): void {
    const { startKey, prefix, limit, revision } = request;
    const range = { key: startKey, rangeEnd: prefixEnd(prefix), limit, revision };
    this.store.range(range, (error, result) => {
      if (error instanceof CompactedError) return answer(error);
      if (error instanceof FutureRevisionError) {
        return answer(tooLargeResourceVersion(revision, this.store.revision));
      }
      if (error !== undefined) return answer(storeFailure(error));
      answer(undefined, {
        items: result.items,
        remaining: result.count - result.items.length,
        revision: revision === 0 ? result.revision : revision,
      });
    });
  }

  /** No change to what was read: that holds, unless a write on its way to the disk was not to be read yet. */
  #confirm(
    id: ObjectId,
    change: (old: StoredObject) => StoredObject | undefined,
    { key, value, modRevision }: KeyValue<StoredObject>,
    answer: Answer<StoredObject>,
  ): void {
    if (this.store.direct !== undefined) return answer(undefined, value);
    this.store.transact({ compares: [{ key, modRevision }], then: [] }, (failure, result) => {
      if (failure !== undefined) return answer(storeFailure(failure));
      if (!result.succeeded) return this.revise(id, change, answer);
      answer(undefined, value);
    });
  }

  #find(id: ObjectId, answer: Answer<KeyValue<StoredObject> | undefined>): void {
    const key = storeKeyOf(id);
    const { direct } = this.store;
    if (direct !== undefined) return answer(undefined, direct.get(key));
    this.store.range({ key }, (error, result) => {
      if (error !== undefined) return answer(storeFailure(error));
      answer(undefined, result.items[0]);
    });
  }
}

/** The claim for which a write was not done, if it was for one. */
function takenOf(
  { gained }: ClaimedWrite,
  { ranges }: TransactionResult<StoredObject>,
): Claim | undefined {
  return gained.find((_claim, index) => (ranges[index]?.count ?? 0) > 0);
}

function storeKeyOf({ storeKey, resource, namespace, name }: ObjectId): string {
  return storeKey ?? keyOf(resource, namespace, name);
}

export interface ListPage {
  readonly items: readonly KeyValue<StoredObject>[];
  /** Keys of the range after this page. */
  readonly remaining: number;
  readonly revision: number;
}

/** @throws {ApiError} Conflict, when the client's uid or resourceVersion is not the stored one's. */
export function requireCurrent(id: ObjectId, sent: KubeObject, stored: KubeObject): void {
  const { resourceVersion, uid } = sent.metadata;
  requireUid(id, uid, stored);
  if (resourceVersion && resourceVersion !== stored.metadata.resourceVersion) {
    throw conflict(groupResourceOf(id.resource), id.name);
  }
}

/** @throws {ApiError} Conflict, when the client means an object that had this name before. */
export function requireUid(id: ObjectId, uid: string | undefined, stored: KubeObject): void {
  if (!uid || uid === stored.metadata.uid) return;
  const key = keyOf(id.resource, id.namespace, id.name);
  throw conflict(
    groupResourceOf(id.resource),
    id.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
  );
}
