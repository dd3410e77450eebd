import type { Codec, Stamp } from "../store.ts";
import type { StoreError } from "../store-errors.ts";
import { EtcdConnection } from "./etcd-connection.ts";
import type { EtcdOptions } from "./etcd-options.ts";
import { EtcdStore } from "./etcd-store.ts";
import { loadEtcdGrpc } from "./grpc.ts";
import { readRevision } from "./history.ts";
import { hasReliableProgress } from "./server-version.ts";
import { errorOf, WireError } from "./wire-errors.ts";
import { WireValues } from "./wire-values.ts";

export interface EtcdStoreOptions<V> extends EtcdOptions {
  readonly codec: Codec<V>;
  readonly stamp: Stamp<V>;
  /**
   * Answers come at any time: each is handed in by this, so that it enters the simulation as an
   * input. Default: it is handled at once.
   */
  readonly submit?: (handle: () => void) => void;
}

/**
 * Opens a store that is kept in a real etcd cluster.
 *
 * @example
 *   const store = await openEtcdStore({ endpoints: ["http://127.0.0.1:2379"], codec, stamp });
 *
 * @throws {StoreError} When an option is not what it should be, when etcd cannot be reached, or does
 *   not let this user in.
 */
export async function openEtcdStore<V>(options: EtcdStoreOptions<V>): Promise<EtcdStore<V>> {
  const { codec, stamp, submit = (handle) => handle() } = options;
  const connection = new EtcdConnection(await loadEtcdGrpc(), options);
  try {
    const { response } = await connection.call<{ readonly version: string }>(
      "Maintenance",
      "Status",
      {},
      "read",
    );
    return new EtcdStore({
      connection,
      values: new WireValues(codec, stamp),
      submit,
      revision: await readRevision(connection),
      isProgressReliable: hasReliableProgress(response.version),
    });
  } catch (error) {
    connection.close();
    throw error instanceof WireError ? errorOf(error) : (error as StoreError);
  }
}
