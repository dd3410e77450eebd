import type { AdmissionPlugin } from "../../../src/control-plane/apiserver/admission/admission.ts";
import { defaultTolerationSeconds } from "../../../src/control-plane/apiserver/admission/default-toleration-seconds.ts";
import { namespaceLifecycle } from "../../../src/control-plane/apiserver/admission/namespace-lifecycle.ts";
import { priority } from "../../../src/control-plane/apiserver/admission/priority.ts";
import { serviceAccount } from "../../../src/control-plane/apiserver/admission/service-account.ts";
import { taintNodesByCondition } from "../../../src/control-plane/apiserver/admission/taint-nodes-by-condition.ts";
import { ApiServer } from "../../../src/control-plane/apiserver/api-server.ts";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../../../src/control-plane/apiserver/stored/stored-codec.ts";
import {
  PlainObject,
  stampRevision,
  type StoredObject,
} from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import type { Store } from "../../../src/control-plane/store/store.ts";
import { bootstrap } from "../../../src/cluster/bootstrap.ts";
import { checkedOf } from "../../../src/cluster/store-checks.ts";
import { Chance } from "../../../src/kernel/chance.ts";
import { Timeline } from "../../../src/kernel/timeline.ts";
import { Trace } from "../../../src/kernel/trace.ts";
import { frozen } from "../../api/schema/frozen.ts";
import { ApiDriver } from "./api-driver.ts";

/** 2026-01-01T00:00:00Z. */
export const startUs = 1_767_225_600_000_000;

const allPlugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  serviceAccount,
  priority,
  defaultTolerationSeconds,
  taintNodesByCondition,
];

/**
 * A whole API server over a memory store on a timeline of its own, with nobody else there. Stored
 * objects are frozen, so whoever changes one fails; and the store is held to its promises.
 */
export class ServerUnderTest extends ApiDriver {
  readonly timeline: Timeline;
  readonly store: Store<StoredObject>;

  constructor(admission = allPlugins, historyChangesMax = 250_000) {
    const timeline = new Timeline(startUs);
    const kept = new MemoryStore<StoredObject>((stored, revision) => {
      stampRevision(stored, revision);
      if (stored instanceof PlainObject) frozen(stored.toObject());
      return stored;
    });
    const store = checkedOf(kept, storedCodecOf(kinds));
    const actor = { id: 2, name: "api-1" };
    const chance = new Chance(1);
    const trace = new Trace();
    const parts = { actor, timeline, trace, chance, store, kinds, admission, historyChangesMax };
    super(new ApiServer(parts));
    this.timeline = timeline;
    this.store = store;
    bootstrap(this.server);
    this.create("serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default" },
    });
  }

  /** Lets `seconds` of virtual time pass, with all that is due in them. */
  pass(seconds: number): void {
    const untilUs = this.timeline.nowUs + seconds * 1_000_000;
    this.timeline.runBefore(untilUs + 1);
    this.timeline.moveTo(untilUs);
  }
}
