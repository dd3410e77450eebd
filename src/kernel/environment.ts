import { ActorFaults, type RecordFault, type Victim } from "./actor-faults.ts";
import { Chance } from "./chance.ts";
import { DecisionLog, type DecisionRecord, LoggedChance } from "./decision-log.ts";
import { type DecisionMap, Decisions, type DecisionSite, type Exploration } from "./decisions.ts";
import { ExploredSpells } from "./explored-spells.ts";
import { type Fault, isLinkFault } from "./faults.ts";
import { Network } from "./network.ts";
import type { Timeline } from "./timeline.ts";

/** What can go wrong in a run, as plain data: the same on every thread. */
export interface EnvironmentConfig {
  /** Virtual time at the start of the run, µs. */
  readonly startUs: number;
  readonly faults: readonly Fault[];
  readonly explore?: Exploration;
  readonly overrides: DecisionMap;
  /** Whether every choice is written down. */
  readonly isRecorded: boolean;
  /** What the run is held to. */
  readonly expected?: DecisionRecord;
}

/** The environment of the actors of one thread: what befalls them, and all that was decided. */
export class Environment {
  /** All links that can fail. */
  readonly network: Network;
  /** The chance that simulated code draws from. */
  readonly chance: Chance;
  readonly #config: EnvironmentConfig;
  readonly #decisions: Decisions;
  readonly #log: DecisionLog | undefined;

  /** @param seed Of the chance that simulated code draws from. */
  constructor(config: EnvironmentConfig, seed: number, timeline: Timeline) {
    const { explore, overrides, startUs, expected } = config;
    this.#config = config;
    this.#log = config.isRecorded || expected !== undefined ? new DecisionLog(expected) : undefined;
    this.chance =
      this.#log === undefined ? new Chance(seed) : new LoggedChance(seed, timeline, this.#log);
    this.#decisions = new Decisions({
      chance: new Chance(explore?.seed ?? seed),
      explore,
      overrides,
      log: this.#log,
    });
    this.network = new Network(this.#decisions, config.faults.filter(isLinkFault), startUs);
  }

  /** Puts actors of a timeline at the mercy of their faults. */
  govern(timeline: Timeline, victims: readonly Victim[], record: RecordFault): void {
    const { faults, startUs } = this.#config;
    const requireSame = (): void => this.#log?.requireSame();
    const gate = new ActorFaults(timeline, this.#decisions, record, requireSame);
    timeline.setGate(gate);
    const actorFaults = faults.filter((fault) => !isLinkFault(fault));
    for (const victim of victims) gate.add(victim, actorFaults, startUs);
  }

  /** See `Decisions.isLive`, of some other family. */
  isLive(family: string, subject: string): boolean {
    return this.#decisions.isLive(family, subject);
  }

  /** The stretches of time in which something of some other family is wrong with `subject`. */
  explored(family: string, subject: string): ExploredSpells {
    return new ExploredSpells(this.#decisions, family, subject, this.#config.startUs);
  }

  /** What is decided at a site of some other family: 0 by default. */
  decide(site: DecisionSite): number {
    return this.#decisions.read(site);
  }

  /** What was decided otherwise than by default, and all choices that were written down. */
  get outcome(): EnvironmentOutcome {
    return { taken: this.#decisions.taken, reads: this.#log?.reads ?? [] };
  }
}

export interface EnvironmentOutcome {
  readonly taken: DecisionMap;
  readonly reads: DecisionRecord["reads"];
}
