import type { Decisions, DecisionSite } from "./decisions.ts";
import type { Spell } from "./faults.ts";

/** How long until the next chance for something that lasts, µs of virtual time. */
export const spellPeriodUs = 10_000_000;
/** How long it lasts at most, µs. */
export const spellUsMax = 3_600_000_000;

export interface ExploredSpell extends Spell {
  /** A further choice about it; 0 by default. */
  readonly refine: (what: string, max: number) => number;
}

/**
 * Stretches of time in which something is wrong with `subject`, by decision: one may begin in each
 * period of ten seconds, e.g. `crash/scheduler/#3`, how long it lasts, and `crash/scheduler/#3/at`, when
 * in its period it begins.
 */
export class ExploredSpells {
  readonly #decisions: Decisions;
  readonly #family: string;
  readonly #subject: string;
  readonly #startUs: number;
  #period = 0;
  #active: readonly ExploredSpell[] = [];

  constructor(decisions: Decisions, family: string, subject: string, startUs: number) {
    this.#decisions = decisions;
    this.#family = family;
    this.#subject = subject;
    this.#startUs = startUs;
  }

  /** The one that is over last of those that are on at `atUs`. Ask in the order of time. */
  at(atUs: number, actor: string): ExploredSpell | undefined {
    while (this.#startUs + this.#period * spellPeriodUs <= atUs) {
      const begun = this.next(atUs, actor);
      if (begun !== undefined) this.#active = [...this.#active, begun];
    }
    if (this.#active.length === 0) return undefined;
    this.#active = this.#active.filter(({ untilUs }) => untilUs > atUs);
    let last: ExploredSpell | undefined;
    for (const spell of this.#active) {
      if (spell.fromUs <= atUs && spell.untilUs > (last?.untilUs ?? 0)) last = spell;
    }
    return last;
  }

  /** Decides the next period. */
  next(atUs: number, actor: string): ExploredSpell | undefined {
    const name = `${this.#subject}/#${this.#period}`;
    const periodUs = this.#startUs + this.#period++ * spellPeriodUs;
    const site: DecisionSite = { family: this.#family, name, max: spellUsMax, actor, atUs };
    const us = this.#decisions.read({ ...site, beginsByUs: periodUs + spellPeriodUs });
    if (us === 0) return undefined;
    const refine = (what: string, max: number): number =>
      this.#decisions.refine({ ...site, name: `${name}/${what}`, max });
    const fromUs = periodUs + refine("at", spellPeriodUs - 1);
    return { fromUs, untilUs: fromUs + us, refine };
  }
}
