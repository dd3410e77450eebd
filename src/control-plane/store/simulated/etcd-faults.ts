import type { Chance } from "../../../kernel/chance.ts";
import type { Environment } from "../../../kernel/environment.ts";
import { type ExploredSpells, spellPeriodUs } from "../../../kernel/explored-spells.ts";
import type { Spell } from "../../../kernel/faults.ts";
import type { ActorRef, Timeline } from "../../../kernel/timeline.ts";
import type { FactData } from "../../../kernel/trace.ts";
import type { EtcdEnvironment, SimulatedEtcd } from "./simulated-etcd.ts";

/** What befalls a simulated etcd, and only that, as written down by hand. Times are as those of `Fault`. */
export type EtcdFault = { readonly atUs: number } &
  /** Each fsync takes so much longer. */
  (
    | { readonly kind: "slowFsync"; readonly extraUs: number; readonly forUs?: number }
    /** Until a new one is elected, nothing is decided. */
    | { readonly kind: "loseLeader"; readonly forUs?: number }
    | { readonly kind: "electLeader" }
    /** All history is forgotten, but for so many of the latest revisions. Default: none. */
    | { readonly kind: "compact"; readonly keepRevisions?: number }
  );

/** What can be done to an etcd, whatever it keeps. */
type EtcdVictim = Pick<SimulatedEtcd<unknown>, "compact" | "loseLeader" | "electLeader">;

/** Families of decisions about a simulated etcd. */
export const etcdFamilies = ["fsync", "leader", "unsynced", "compaction"] as const;

/** How much longer the boldest decision makes an fsync, µs. */
const fsyncExtraUsMax = 3_600_000_000;

/** What befalls a simulated etcd: what was written down, at its time, and what is decided. */
export class EtcdFaults implements EtcdEnvironment {
  readonly #actor: ActorRef;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #environment: Environment;
  readonly #fsyncUs: number;
  readonly #record: (kind: string, data: FactData) => void;
  readonly #faults: readonly EtcdFault[];
  readonly #startUs: number;
  readonly #slow: readonly (Spell & { readonly extraUs: number })[];
  readonly #isFsyncLive: boolean;

  constructor(options: {
    readonly actor: ActorRef;
    readonly timeline: Timeline;
    readonly chance: Chance;
    readonly environment: Environment;
    /** What an fsync takes, give or take half of it, µs. */
    readonly fsyncUs: number;
    readonly faults: readonly EtcdFault[];
    readonly startUs: number;
    readonly record: (kind: string, data: FactData) => void;
  }) {
    const { actor, faults, startUs, environment } = options;
    this.#actor = actor;
    this.#timeline = options.timeline;
    this.#chance = options.chance;
    this.#environment = environment;
    this.#fsyncUs = options.fsyncUs;
    this.#record = options.record;
    this.#faults = faults;
    this.#startUs = startUs;
    this.#slow = faults.flatMap((fault) => {
      if (fault.kind !== "slowFsync") return [];
      const { atUs, extraUs, forUs = Infinity } = fault;
      return [{ fromUs: startUs + atUs, untilUs: startUs + atUs + forUs, extraUs }];
    });
    this.#isFsyncLive = environment.isLive("fsync", actor.name);
  }

  /** From now on things befall it. */
  begin(etcd: EtcdVictim): void {
    for (const fault of this.#faults) {
      const atUs = this.#startUs + fault.atUs;
      if (fault.kind === "compact") {
        this.#at(atUs, () => etcd.compact(fault.keepRevisions ?? 0));
      } else if (fault.kind === "loseLeader") {
        this.#loseLeader(etcd, atUs, this.#electedUs(fault.atUs, fault.forUs));
      }
    }
    this.#explore("leader", ({ fromUs, untilUs }) => this.#loseLeader(etcd, fromUs, untilUs));
    // Of what is decided only the amount counts: how many revisions are kept, and one.
    this.#explore("compaction", ({ fromUs, untilUs }) =>
      this.#at(fromUs, () => etcd.compact(untilUs - fromUs - 1)),
    );
  }

  fsyncUs(n: number): number {
    const { nowUs } = this.#timeline;
    const typicalUs = this.#fsyncUs;
    const [minUs, maxUs] = [Math.ceil(typicalUs / 2), Math.floor((typicalUs * 3) / 2)];
    const name = `${this.#actor.name}/#${n}`;
    let us = this.#chance.integer(`fsyncUs/${name}`, minUs, maxUs);
    for (const { fromUs, untilUs, extraUs } of this.#slow) {
      if (fromUs <= nowUs && nowUs < untilUs) us += extraUs;
    }
    if (!this.#isFsyncLive) return us;
    const site = { family: "fsync", name, max: fsyncExtraUsMax, actor: this.#actor.name };
    return us + this.#environment.decide({ ...site, atUs: nowUs });
  }

  lostRecords(n: number, unsynced: number): number {
    const { name } = this.#actor;
    const { nowUs: atUs } = this.#timeline;
    const site = { family: "unsynced", name: `${name}/#${n}`, max: unsynced, actor: name, atUs };
    return this.#environment.decide(site);
  }

  record(kind: string, data: FactData): void {
    this.#record(kind, data);
  }

  #electedUs(atUs: number, forUs = Infinity): number {
    const elections = this.#faults
      .filter((fault) => fault.kind === "electLeader" && fault.atUs >= atUs)
      .map((fault) => fault.atUs);
    return this.#startUs + Math.min(...elections, atUs + forUs);
  }

  #loseLeader(etcd: EtcdVictim, fromUs: number, untilUs: number): void {
    this.#at(fromUs, () => etcd.loseLeader());
    if (untilUs < Infinity) this.#at(untilUs, () => etcd.electLeader());
  }

  /** Each period decides about the one that begins. */
  #explore(family: "leader" | "compaction", begin: (spell: Spell) => void): void {
    const { name } = this.#actor;
    if (!this.#environment.isLive(family, name)) return;
    const spells: ExploredSpells = this.#environment.explored(family, name);
    const decide = (): void => {
      const { nowUs } = this.#timeline;
      const spell = spells.next(nowUs, name);
      this.#timeline.fault(nowUs + spellPeriodUs, this.#actor, decide, true);
      if (spell !== undefined) begin(spell);
    };
    this.#timeline.fault(this.#timeline.nowUs, this.#actor, decide, true);
  }

  #at(atUs: number, act: () => void): void {
    this.#timeline.fault(atUs, this.#actor, act, false);
  }
}
