import { CheckedStore } from "../../../../src/control-plane/store/check/checked-store.ts";
import { StoreObserver } from "../../../../src/control-plane/store/check/store-observer.ts";
import {
  type EtcdFault,
  EtcdFaults,
} from "../../../../src/control-plane/store/simulated/etcd-faults.ts";
import { SimulatedEtcdClient } from "../../../../src/control-plane/store/simulated/simulated-client.ts";
import { SimulatedEtcd } from "../../../../src/control-plane/store/simulated/simulated-etcd.ts";
import type { Store, TransactionResult } from "../../../../src/control-plane/store/store.ts";
import type { DecisionMap, Exploration } from "../../../../src/kernel/decisions.ts";
import { Environment } from "../../../../src/kernel/environment.ts";
import type { Fault } from "../../../../src/kernel/faults.ts";
import { Link } from "../../../../src/kernel/link.ts";
import { type ActorRef, Timeline } from "../../../../src/kernel/timeline.ts";
import { codec, type Stamped, stamp, value } from "../store-under-test.ts";

export const second = 1_000_000;
const latencyUs = 500;

export interface EtcdWorldOptions {
  readonly fsyncUs?: number;
  readonly unsafeNoFsync?: boolean;
  readonly faults?: readonly Fault[];
  readonly etcdFaults?: readonly EtcdFault[];
  readonly decisions?: DecisionMap;
  readonly explore?: Exploration;
  /** Holds it to its promises. Default true. */
  readonly isChecked?: boolean;
}

/** A simulated etcd, its clients `api-1`, `api-2` …, and the time. */
export class EtcdWorld {
  readonly timeline = new Timeline(0);
  readonly etcd: SimulatedEtcd<Stamped>;
  readonly environment: Environment;
  readonly observer: StoreObserver<Stamped> | undefined;
  /** What happened to the etcd. */
  readonly facts: string[] = [];
  readonly #actor: ActorRef = { id: 1, name: "etcd" };
  #clients = 0;

  constructor(options: EtcdWorldOptions = {}) {
    const { faults = [], etcdFaults = [], decisions = {}, explore, fsyncUs = 2_000 } = options;
    const { timeline } = this;
    const actor = this.#actor;
    this.environment = new Environment(
      { startUs: 0, faults, overrides: decisions, isRecorded: false, ...(explore && { explore }) },
      1,
      timeline,
    );
    const isUnsafe = options.unsafeNoFsync === true;
    const isChecked = options.isChecked !== false && !isUnsafe;
    this.observer = isChecked
      ? new StoreObserver<Stamped>({ items: [], revision: 1 }, codec)
      : undefined;
    const happens = new EtcdFaults({
      actor,
      timeline,
      chance: this.environment.chance,
      environment: this.environment,
      fsyncUs,
      faults: etcdFaults,
      startUs: 0,
      record: (kind, data) => this.facts.push([kind, ...Object.values(data)].join(" ")),
    });
    const clock = {
      get nowUs() {
        return timeline.nowUs;
      },
      after: (delayUs: number, act: () => void) =>
        void timeline.setBackgroundTimer(actor, delayUs, act),
    };
    const onLife = (store: Store<Stamped>): void => this.observer?.followRecovered(store);
    const parts = { actor, timeline, stamp, codec, clock, environment: happens, isUnsafe, onLife };
    this.etcd = new SimulatedEtcd<Stamped>(parts);
    const { etcd } = this;
    const victim = { actor, crash: () => etcd.crash(), restart: () => etcd.restart() };
    this.environment.govern(timeline, [victim], () => {});
    happens.begin(etcd);
  }

  /** A further client. */
  client(): Store<Stamped> {
    const { timeline, etcd } = this;
    const number = ++this.#clients;
    const actor = { id: 1 + number, name: `api-${number}` };
    const { network } = this.environment;
    const there = network.between(actor.name, "etcd");
    const back = network.between("etcd", actor.name);
    const links = {
      requests: new Link(timeline, actor, this.#actor, latencyUs, there),
      answers: new Link(timeline, this.#actor, actor, latencyUs, back),
      changes: new Link(timeline, this.#actor, actor, latencyUs, back),
    };
    const store = new SimulatedEtcdClient({ etcd, timeline, actor, links });
    return this.observer === undefined
      ? store
      : new CheckedStore(store, { codec, isRemote: true }, this.observer);
  }

  /** Calls `act` at a time, after all that is due before. */
  at(seconds: number, act: () => void): void {
    this.pass(seconds * second - this.timeline.nowUs);
    act();
  }

  pass(us: number): void {
    const untilUs = this.timeline.nowUs + us;
    this.timeline.runBefore(untilUs);
    this.timeline.moveTo(untilUs);
  }
}

/** What became of a call, and when, s. */
export interface Outcome {
  atSeconds?: number;
  revision?: number;
  error?: string;
}

/** Puts a key without a condition. */
export function put(world: EtcdWorld, store: Store<Stamped>, key: string, text = key): Outcome {
  const outcome: Outcome = {};
  const then = [{ type: "put" as const, key, value: value(text) }];
  store.transact({ compares: [], then }, noting<TransactionResult<Stamped>>(world, outcome));
  return outcome;
}

/** Reads a key: its text, if it is there, in place of an error. */
export function get(world: EtcdWorld, store: Store<Stamped>, key: string) {
  const outcome: Outcome & { text?: string | undefined } = {};
  const noted = noting<{ readonly revision: number }>(world, outcome);
  store.range({ key }, (error, result) => {
    noted(error, result);
    if (error === undefined) outcome.text = result.items[0]?.value.text;
  });
  return outcome;
}

function noting<R extends { readonly revision: number }>(world: EtcdWorld, outcome: Outcome) {
  return (error: Error | undefined, result: R): void => {
    outcome.atSeconds = world.timeline.nowUs / second;
    if (error === undefined) outcome.revision = result.revision;
    else outcome.error = error.message;
  };
}
