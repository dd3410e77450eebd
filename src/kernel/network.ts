import type { Decisions } from "./decisions.ts";
import { type ExploredSpell, ExploredSpells } from "./explored-spells.ts";
import { type FaultSpell, isBetween, type LinkFault, spellsOf } from "./faults.ts";

/** The last place there is among messages that are due at the same µs. */
export const tieMax = 1_023;

/** What can befall single messages, and what the boldest decision is, in µs where it is a time. */
const messageFamilies = {
  loss: 1,
  delay: 3_600_000_000,
  duplicate: 3_600_000_000,
  reorder: 3_600_000_000,
  tie: tieMax,
} as const;
type MessageFamily = keyof typeof messageFamilies;

/** Families of decisions about links: those of single messages, and what lasts. */
export const linkFamilies = [...Object.keys(messageFamilies), "partition", "hold"];

/** When the copies of a message arrive, µs: one as a rule, none when it is lost. */
export type Arrivals = readonly number[];

/** All links that can fail: the faults that were written down, and those that are decided. */
export class Network {
  readonly #decisions: Decisions;
  readonly #faults: readonly LinkFault[];
  readonly #startUs: number;
  readonly #links = new Map<string, LinkFaults>();

  constructor(decisions: Decisions, faults: readonly LinkFault[], startUs: number) {
    this.#decisions = decisions;
    this.#faults = faults;
    this.#startUs = startUs;
  }

  /** What befalls the messages from one actor to another, whichever life either is in. */
  between(from: string, to: string): LinkFaults {
    const name = `${from}→${to}`;
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const link = new LinkFaults(this.#decisions, this.#faults, this.#startUs, from, to);
    this.#links.set(name, link);
    return link;
  }
}

/**
 * What befalls the messages from one actor to another, decided when they are sent, by the sender:
 * so on which thread the receiver runs does not matter. A message only ever arrives later.
 */
export class LinkFaults {
  readonly #decisions: Decisions;
  readonly #name: string;
  readonly #live: readonly MessageFamily[];
  readonly #partitions: readonly FaultSpell<LinkFault>[];
  readonly #holds: readonly FaultSpell<LinkFault>[];
  readonly #delays: readonly FaultSpell<LinkFault>[];
  readonly #exploredPartitions: ExploredSpells | undefined;
  readonly #exploredHolds: ExploredSpells | undefined;
  readonly #isFirst: boolean;
  /** Messages sent so far, by stream. */
  readonly #counts = new Map<string, number>();
  /** When the latest message arrives, by ordered stream, µs. */
  readonly #lastUs = new Map<string, number>();
  /** The latest tie, by ordered stream. */
  readonly #lastTies = new Map<string, { readonly atUs: number; readonly tie: number }>();

  constructor(
    decisions: Decisions,
    faults: readonly LinkFault[],
    startUs: number,
    from: string,
    to: string,
  ) {
    this.#decisions = decisions;
    this.#name = `${from}→${to}`;
    this.#isFirst = from < to;
    const families = Object.keys(messageFamilies) as MessageFamily[];
    this.#live = families.filter((family) => decisions.isLive(family, this.#name));
    const isMeant = (fault: LinkFault): boolean => isBetween(fault, from, to);
    this.#partitions = spellsOf(faults, "partition", startUs, isMeant);
    this.#holds = spellsOf(faults, "hold", startUs, isMeant);
    this.#delays = spellsOf(faults, "delay", startUs, isMeant);
    // Both directions of a pair share one decision.
    const pair = this.#isFirst ? `${from}↔${to}` : `${to}↔${from}`;
    const explored = (family: string): ExploredSpells | undefined =>
      decisions.isLive(family, pair)
        ? new ExploredSpells(decisions, family, pair, startUs)
        : undefined;
    this.#exploredPartitions = explored("partition");
    this.#exploredHolds = explored("hold");
  }

  /**
   * When a message that is sent at `sentUs`, and would be due at `dueUs`, arrives.
   *
   * @param stream Names the message's kind in site keys; its messages are counted.
   * @param isOrdered Whether messages of this stream arrive in the order they were sent in.
   */
  arrivals(sentUs: number, dueUs: number, stream: string, isOrdered: boolean): Arrivals {
    const count = (this.#counts.get(stream) ?? 0) + 1;
    this.#counts.set(stream, count);
    const name = `${this.#name}/${stream}/#${count}`;
    if (this.#isPartitioned(sentUs, stream) || this.#read("loss", name, sentUs) > 0) return [];
    let atUs = Math.max(dueUs, this.#heldUntilUs(sentUs, stream) + dueUs - sentUs);
    if (atUs === Infinity) return [];
    for (const spell of this.#delays) {
      const { fault } = spell;
      if (fault.kind === "delay" && isOn(spell, sentUs, stream)) atUs += fault.extraUs;
    }
    atUs += this.#read("delay", name, sentUs);
    if (isOrdered) {
      atUs = Math.max(atUs, this.#lastUs.get(stream) ?? 0);
      this.#lastUs.set(stream, atUs);
    }
    // On its own: the ones behind it in its stream overtake it.
    atUs += this.#read("reorder", name, sentUs);
    const copyUs = this.#read("duplicate", name, sentUs);
    if (copyUs === 0) return [atUs];
    return [atUs, isOrdered ? atUs : atUs + copyUs];
  }

  /**
   * The place that the message `arrivals` was asked about last has among those of other senders that
   * are due with it, at `atUs`: behind all with a lower one. 0 by default: by the senders' ids.
   */
  tie(sentUs: number, atUs: number, stream: string, isOrdered: boolean): number {
    if (!this.#live.includes("tie")) return 0;
    const last = this.#lastTies.get(stream);
    // Its own stream never changes its order.
    if (isOrdered && last?.atUs === atUs) return last.tie;
    const name = `${this.#name}/${stream}/#${this.#counts.get(stream) ?? 0}`;
    const tie = this.#read("tie", name, sentUs);
    if (isOrdered) this.#lastTies.set(stream, { atUs, tie });
    return tie;
  }

  #read(family: MessageFamily, name: string, atUs: number): number {
    if (!this.#live.includes(family)) return 0;
    const max = messageFamilies[family];
    return this.#decisions.read({ family, name, max, actor: this.#name, atUs });
  }

  #isPartitioned(atUs: number, stream: string): boolean {
    if (this.#partitions.some((spell) => isOn(spell, atUs, stream))) return true;
    const spell = this.#exploredPartitions?.at(atUs, this.#name);
    return spell !== undefined && this.#isThisWay(spell);
  }

  /** When what is sent at `atUs` is let go, µs; 0 when it is not held. */
  #heldUntilUs(atUs: number, stream: string): number {
    let heldUntilUs = 0;
    for (const spell of this.#holds) {
      if (isOn(spell, atUs, stream)) heldUntilUs = Math.max(heldUntilUs, spell.untilUs);
    }
    const spell = this.#exploredHolds?.at(atUs, this.#name);
    return spell !== undefined && this.#isThisWay(spell)
      ? Math.max(heldUntilUs, spell.untilUs)
      : heldUntilUs;
  }

  /** Both ways by default; 1 is from the first of the pair to the second, 2 the other way. */
  #isThisWay(spell: ExploredSpell): boolean {
    const way = spell.refine("way", 2);
    return way === 0 || (way === 1) === this.#isFirst;
  }
}

function isOn(
  { fault, fromUs, untilUs }: FaultSpell<LinkFault>,
  atUs: number,
  stream: string,
): boolean {
  return fromUs <= atUs && atUs < untilUs && (fault.stream ?? stream) === stream;
}
