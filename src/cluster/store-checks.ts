import type { StoredObject } from "../control-plane/apiserver/stored/stored-object.ts";
import { type CheckedStore, checkStore } from "../control-plane/store/check/checked-store.ts";
import type { Codec, Store } from "../control-plane/store/store.ts";
import { invariant } from "../kernel/invariant.ts";

let areChecked = false;

/**
 * From now on, on this thread and for good: every new cluster holds its store to etcd's promises. What
 * happens in it is the same; where a promise is broken, the run ends with a `BrokenPromiseError`.
 */
export function checkStores(): void {
  areChecked = true;
}

/** Whether `checkStores` was called. */
export function storesAreChecked(): boolean {
  return areChecked;
}

/** A store of this process, checked from now on. */
export function checkedOf(
  store: Store<StoredObject>,
  codec: Codec<StoredObject>,
): Store<StoredObject> {
  let checked: CheckedStore<StoredObject> | undefined;
  checkStore(store, { codec }, (error, result) => {
    if (error !== undefined) throw error;
    checked = result;
  });
  invariant(checked !== undefined, "a store of this process is read at once");
  return checked;
}
