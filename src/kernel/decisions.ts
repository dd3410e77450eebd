import type { Chance } from "./chance.ts";
import type { DecisionLog } from "./decision-log.ts";

/**
 * What was decided otherwise than by default, by site key. Keys are in code-unit order, so equal
 * maps are equal as JSON.
 */
export type DecisionMap = Readonly<Record<string, number>>;

/** How a family of decisions is explored. */
export interface Odds {
  /** How many of a million are not the default. */
  readonly perMillion: number;
  /** What is not the default is from 1 to this. */
  readonly max: number;
}

export interface Exploration {
  /** Decides what is explored. */
  readonly seed: number;
  /** By family; what is not named keeps to its defaults. */
  readonly odds: Readonly<Record<string, Odds>>;
  /** Each seed first draws which of the families are on at all, one in two. */
  readonly isSwarm: boolean;
  /** By then all that was explored is over, and everything is decided by default, µs. */
  readonly untilUs: number;
}

/** Where a decision is made. */
export interface DecisionSite {
  readonly family: string;
  /** The rest of the site key, e.g. `api-1→scheduler/pods/#42`. */
  readonly name: string;
  /** The upper end of the domain. */
  readonly max: number;
  /** Who decides, for the record. */
  readonly actor: string;
  /** When, µs. */
  readonly atUs: number;
  /** When what is decided begins at the latest, µs; at once if absent. */
  readonly beginsByUs?: number;
}

/**
 * The choices that the environment of a run makes: what becomes of a message, whether an actor
 * crashes. Each has a site key that names it, e.g. `loss/api-1→scheduler/pods/#42`, whose first part
 * is its family; a bounded domain, 0 to some maximum; and a default, 0: nothing happens.
 *
 * An explored decision is a function of seed and key, never of how often anything else was asked. An
 * override beats exploration. What was not decided by default is remembered, so a run is also
 * `{options, that sparse map}`.
 */
export class Decisions {
  readonly #chance: Chance;
  readonly #explore: Exploration | undefined;
  readonly #overrides: ReadonlyMap<string, number>;
  /** Families and subjects of the overrides. */
  readonly #overridden: ReadonlySet<string>;
  readonly #log: DecisionLog | undefined;
  readonly #taken = new Map<string, number>();
  readonly #isOn = new Map<string, boolean>();

  constructor(options: {
    /** Draws what is explored. */
    readonly chance: Chance;
    readonly explore?: Exploration | undefined;
    readonly overrides?: DecisionMap | undefined;
    readonly log?: DecisionLog | undefined;
  }) {
    this.#chance = options.chance;
    this.#explore = options.explore;
    this.#overrides = new Map(Object.entries(options.overrides ?? {}));
    this.#overridden = new Set(
      [...this.#overrides.keys()].map((key) => key.split("/", 2).join("/")),
    );
    this.#log = options.log;
  }

  /**
   * Whether any decision of a family about `subject`, the second part of its site keys, can be other
   * than the default, or must be written down. Asked once: whoever gets `false` builds no keys.
   */
  isLive(family: string, subject: string): boolean {
    if (this.#log !== undefined || this.#oddsOf(family) !== undefined) return true;
    return this.#overridden.has(`${family}/${subject}`);
  }

  /** What is decided at a site: 0 by default. */
  read(site: DecisionSite): number {
    const { family, max, atUs, beginsByUs = atUs } = site;
    return this.#decide(site, (key) => {
      const odds = this.#oddsOf(family);
      if (odds === undefined || this.#explore === undefined) return 0;
      if (beginsByUs + odds.max >= this.#explore.untilUs) return 0;
      if (this.#chance.integer(key, 0, 999_999) >= odds.perMillion) return 0;
      return this.#chance.integer(`${key}/value`, 1, Math.min(odds.max, max));
    });
  }

  /**
   * A further choice about something that was not decided by default, e.g. when in its period a
   * crash comes. Explored, it is anything from 0 to `site.max`.
   */
  refine(site: DecisionSite): number {
    return this.#decide(site, (key) =>
      this.#oddsOf(site.family) === undefined ? 0 : this.#chance.integer(key, 0, site.max),
    );
  }

  /** What was not decided by default so far. */
  get taken(): DecisionMap {
    return sortedMap(this.#taken);
  }

  #decide(
    { family, name, max, atUs, actor }: DecisionSite,
    explored: (key: string) => number,
  ): number {
    const key = `${family}/${name}`;
    const override = this.#overrides.get(key);
    const value = override === undefined ? explored(key) : Math.min(override, max);
    this.#log?.note(atUs, actor, key, value);
    if (value !== 0) this.#taken.set(key, value);
    return value;
  }

  #oddsOf(family: string): Odds | undefined {
    const odds = this.#explore?.odds[family];
    if (odds === undefined || this.#explore?.isSwarm !== true) return odds;
    let isOn = this.#isOn.get(family);
    if (isOn === undefined) {
      isOn = this.#chance.integer(`swarm/${family}`, 0, 1) === 1;
      this.#isOn.set(family, isOn);
    }
    return isOn ? odds : undefined;
  }
}

/** The decisions of several places of one run, in one map. */
export function mergeDecisions(maps: readonly DecisionMap[]): DecisionMap {
  return sortedMap(new Map(maps.flatMap((map) => Object.entries(map))));
}

function sortedMap(decisions: ReadonlyMap<string, number>): DecisionMap {
  return Object.fromEntries([...decisions].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
