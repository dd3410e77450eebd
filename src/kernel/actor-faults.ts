import type { Decisions } from "./decisions.ts";
import { ExploredSpells, spellPeriodUs } from "./explored-spells.ts";
import { type ActorFault, type FaultSpell, isNamed, type Spell, spellsOf } from "./faults.ts";
import { type ActorGate, type ActorRef, everyIncarnation, type Timeline } from "./timeline.ts";
import type { FactData } from "./trace.ts";

/** Families of decisions about actors. */
export const actorFamilies = ["crash", "pause", "slow", "clock"] as const;
type ActorFamily = (typeof actorFamilies)[number];

/** An actor that can be the victim of faults, and how it dies and comes back. */
export interface Victim {
  readonly actor: ActorRef;
  /** Forgets all it knows. Absent for an actor that cannot crash. */
  readonly crash?: () => void;
  /** Begins anew. */
  readonly restart?: () => void;
}

/** Tells the trace what befell an actor. */
export type RecordFault = (actor: ActorRef, kind: string, data: FactData) => void;

/** How an explored fault of a kind is bounded. */
const slowUsMax = 100_000;
const clockOffsetUsMax = 60_000_000;
const clockRateMax = 100_000;

/**
 * What befalls the actors of a timeline: those faults that were written down, at their time, and
 * those that are decided, one chance for each every ten seconds.
 */
export class ActorFaults implements ActorGate {
  readonly #timeline: Timeline;
  readonly #decisions: Decisions;
  readonly #record: RecordFault;
  readonly handled: () => void;
  readonly #states = new Map<string, ActorState>();

  constructor(
    timeline: Timeline,
    decisions: Decisions,
    record: RecordFault,
    requireSame: () => void = () => {},
  ) {
    this.handled = requireSame;
    this.#timeline = timeline;
    this.#decisions = decisions;
    this.#record = record;
  }

  /** Puts an actor at the mercy of the faults that name it. */
  add(victim: Victim, faults: readonly ActorFault[], startUs: number): void {
    const { actor } = victim;
    const state = new ActorState(victim);
    const isMeant = (fault: ActorFault): boolean => isNamed(fault.actor, actor.name);
    let isLive = false;
    for (const family of actorFamilies) {
      if (family === "crash" && victim.restart === undefined) continue;
      for (const spell of spellsOf(faults, family, startUs, isMeant)) {
        isLive = true;
        this.#schedule(state, family, spell);
      }
      if (!this.#decisions.isLive(family, actor.name)) continue;
      isLive = true;
      this.#explore(
        state,
        family,
        new ExploredSpells(this.#decisions, family, actor.name, startUs),
      );
    }
    if (isLive) this.#states.set(actor.name, state);
  }

  incarnation({ name }: ActorRef): number {
    return this.#states.get(name)?.incarnation ?? everyIncarnation;
  }

  admit({ name }: ActorRef, incarnation: number, atUs: number, hasTurn: boolean): number {
    const state = this.#states.get(name);
    if (state === undefined) return atUs;
    const isOfBefore = incarnation !== everyIncarnation && incarnation !== state.incarnation;
    if (state.isDown || isOfBefore) return Infinity;
    return state.turnUs(atUs, hasTurn);
  }

  delayUs({ name }: ActorRef, delayUs: number): number {
    const rate = this.#states.get(name)?.clock?.fault.ratePerMillion ?? 0;
    return rate === 0 ? delayUs : Math.round((delayUs * 1_000_000) / (1_000_000 + rate));
  }

  nowUs({ name }: ActorRef, nowUs: number): number {
    const clock = this.#states.get(name)?.clock;
    if (clock === undefined) return nowUs;
    const { offsetUs = 0, ratePerMillion = 0 } = clock.fault;
    const drift = Math.round(((nowUs - clock.fromUs) * ratePerMillion) / 1_000_000);
    return nowUs + offsetUs + drift;
  }

  /** Each period decides about the one that begins. */
  #explore(state: ActorState, family: ActorFamily, spells: ExploredSpells): void {
    const { actor } = state.victim;
    const decide = (): void => {
      const { nowUs } = this.#timeline;
      const spell = spells.next(nowUs, actor.name);
      this.#timeline.fault(nowUs + spellPeriodUs, actor, decide, true);
      if (spell === undefined) return;
      const fault = exploredFault(family, actor.name, spell.refine);
      this.#schedule(state, family, { ...spell, fault });
    };
    this.#timeline.fault(this.#timeline.nowUs, actor, decide, true);
  }

  #schedule(state: ActorState, family: ActorFamily, spell: FaultSpell<ActorFault>): void {
    const { actor } = state.victim;
    this.#timeline.fault(
      spell.fromUs,
      actor,
      () => {
        this.#record(actor, facts[family].begins, lastsOf(spell));
        this.#begin(state, spell);
        if (spell.untilUs === Infinity) return;
        const end = (): void => {
          this.#record(actor, facts[family].ends, {});
          this.#end(state, spell);
        };
        this.#timeline.fault(spell.untilUs, actor, end, false);
      },
      false,
    );
  }

  #begin(state: ActorState, spell: FaultSpell<ActorFault>): void {
    const { fault } = spell;
    if (fault.kind === "crash") {
      state.crashes++;
      if (state.crashes > 1) return;
      state.incarnation++;
      state.isDown = true;
      state.victim.crash?.();
    } else if (fault.kind === "pause") {
      state.pausedUntilUs = Math.max(state.pausedUntilUs, spell.untilUs);
    } else if (fault.kind === "slow") {
      state.slow = spell as FaultSpell<SlowFault>;
    } else if (fault.kind === "clock") {
      state.clock = spell as FaultSpell<ClockFault>;
    }
  }

  #end(state: ActorState, spell: FaultSpell<ActorFault>): void {
    if (spell.fault.kind === "crash") {
      state.crashes--;
      if (state.crashes > 0) return;
      state.isDown = false;
      state.pausedUntilUs = 0;
      state.busyUntilUs = 0;
      state.victim.restart?.();
    }
    if (state.slow === spell) state.slow = undefined;
    if (state.clock === spell) state.clock = undefined;
  }
}

type SlowFault = ActorFault & { readonly kind: "slow" };
type ClockFault = ActorFault & { readonly kind: "clock" };

class ActorState {
  readonly victim: Victim;
  /** How often it has crashed: timers of a life before are void. */
  incarnation = 0;
  /** Crashes it has not come back from. */
  crashes = 0;
  isDown = false;
  /** Until then it handles nothing; what comes meanwhile queues up. */
  pausedUntilUs = 0;
  /** When it is done with all that has had its turn. */
  busyUntilUs = 0;
  slow: FaultSpell<SlowFault> | undefined;
  clock: FaultSpell<ClockFault> | undefined;

  constructor(victim: Victim) {
    this.victim = victim;
  }

  /** When what is due at `atUs` is handled: one after another, each taking its time. */
  turnUs(atUs: number, hasTurn: boolean): number {
    if (hasTurn) return Math.max(atUs, this.pausedUntilUs);
    const turnUs = Math.max(atUs, this.pausedUntilUs, this.busyUntilUs);
    if (this.slow !== undefined) this.busyUntilUs = turnUs + this.slow.fault.extraUs;
    return turnUs;
  }
}

const facts = {
  crash: { begins: "actorCrashed", ends: "actorRestarted" },
  pause: { begins: "actorPaused", ends: "actorResumed" },
  slow: { begins: "actorSlowedDown", ends: "actorSpedUp" },
  clock: { begins: "clockSkewed", ends: "clockSet" },
} as const;

function exploredFault(
  kind: ActorFamily,
  actor: string,
  refine: (what: string, max: number) => number,
): ActorFault {
  const at = { atUs: 0, actor };
  if (kind === "slow") return { ...at, kind, extraUs: refine("extra", slowUsMax) };
  if (kind !== "clock") return { ...at, kind };
  return {
    ...at,
    kind,
    offsetUs: signed(refine("offset", 2 * clockOffsetUsMax)),
    ratePerMillion: signed(refine("rate", 2 * clockRateMax)),
  };
}

function lastsOf({ fromUs, untilUs }: Spell): FactData {
  return untilUs === Infinity ? {} : { forUs: untilUs - fromUs };
}

/** 0, 1, −1, 2, −2 …: so that 0 stays the default. */
function signed(value: number): number {
  return value % 2 === 0 ? -value / 2 || 0 : (value + 1) / 2;
}
