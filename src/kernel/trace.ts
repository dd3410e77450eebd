import type { FactForm } from "./fact-form.ts";
import { type Hash64, type HashedText, HashSum, hashStart, hashText, RollingHash } from "./hash.ts";
import type { ActorRef } from "./timeline.ts";

/** What a fact carries besides its kind: plain, ordered by the code that records it. */
export type FactData = Readonly<Record<string, string | number>>;

/**
 * What a fact is about: a text, one whose hash is known, or one in parts, which nobody has to put
 * together unless somebody reads it.
 */
export type FactSubject = string | HashedText | readonly string[];

/** One thing that happened in the simulation. */
export interface Fact {
  /** Virtual time, µs since the Unix epoch. */
  readonly atUs: number;
  /** Name of the actor it happened to. */
  readonly actor: string;
  /** Past tense, e.g. `podBound`. */
  readonly kind: string;
  /** What it is about, e.g. `pods/default/my-nginx`. */
  readonly subject: string;
  readonly data: FactData;
}

/**
 * The history of a run: a rolling hash per actor, which does not depend on the thread the actor
 * runs on, and the latest facts themselves for people to read.
 */
export class Trace {
  readonly #hashes = new Map<number, RollingHash>();
  readonly #sum = new HashSum();
  /** Used again for each fact. */
  readonly #ofSubject = new RollingHash();
  /** Names of the actors whose facts are recorded here. */
  readonly #recorded = new Set<string>();
  readonly #facts: Fact[] = [];
  readonly #factsMax: number;
  #onFact: ((fact: Fact) => void) | undefined;
  #oldest = 0;
  #count = 0;

  /** @param factsMax How many facts are kept to be read; the hash covers all of them. */
  constructor(factsMax = 100_000) {
    this.#factsMax = factsMax;
  }

  /** Facts recorded so far. */
  get count(): number {
    return this.#count;
  }

  record(actor: ActorRef, atUs: number, kind: string, subject: FactSubject, data: FactData): void {
    this.#count++;
    const hash = this.#hashOf(actor).addInteger(atUs).addText(kind);
    hash.addHash(this.#subjectHash(subject));
    for (const name in data) {
      const value = data[name] as string | number;
      hash.addText(name);
      if (typeof value === "string") hash.addText(value);
      else hash.addInteger(value);
    }
    this.#sum.add(hash);
    if (this.#factsMax === 0 && this.#onFact === undefined) return;
    this.keep({ atUs, actor: actor.name, kind, subject: textOf(subject), data });
  }

  /** As `record`, of a fact that happens all the time: the less is left to be hashed. */
  recordForm(
    actor: ActorRef,
    atUs: number,
    form: FactForm,
    subject: HashedText,
    value: number,
  ): void {
    this.#count++;
    const hash = this.#hashOf(actor).addInteger(atUs).addHash(form.hash);
    this.#sum.add(hash.addHash(subject).addInteger(value));
    if (this.#factsMax === 0 && this.#onFact === undefined) return;
    const { text } = subject;
    const { kind } = form;
    this.keep({ atUs, actor: actor.name, kind, subject: text, data: form.dataOf(value) });
  }

  /** Calls `onFact` with each fact from now on, whether it is kept or not. */
  watch(onFact: (fact: Fact) => void): void {
    this.#onFact = onFact;
  }

  /** Keeps a fact that was recorded, and hashed, elsewhere. */
  keep(fact: Fact): void {
    this.#onFact?.(fact);
    if (this.#factsMax === 0) return;
    if (this.#facts.length < this.#factsMax) {
      this.#facts.push(fact);
      return;
    }
    this.#facts[this.#oldest] = fact;
    this.#oldest = (this.#oldest + 1) % this.#factsMax;
  }

  /**
   * The kept facts by time, for one subject if asked. Of the same time: those recorded here first,
   * then the others by actor, for it is chance which thread's facts arrive first.
   */
  facts(subject?: string): readonly Fact[] {
    const inOrder = [...this.#facts.slice(this.#oldest), ...this.#facts.slice(0, this.#oldest)];
    const originOf = ({ actor }: Fact): string => (this.#recorded.has(actor) ? "" : actor);
    return inOrder
      .filter((fact) => subject === undefined || fact.subject === subject)
      .toSorted(
        (left, right) => left.atUs - right.atUs || byCodeUnits(originOf(left), originOf(right)),
      );
  }

  /**
   * The sum of what each actor's rolling hash was after each of its facts: known at any time at no
   * cost, and once two histories differ it does, too.
   */
  get sum(): Hash64 {
    return this.#sum.value;
  }

  /** Each actor's rolling hash, for combining with those of other threads. */
  hashes(): readonly ActorHash[] {
    return [...this.#hashes].map(([actorId, hash]) => ({ actorId, ...hash.value }));
  }

  #subjectHash(subject: FactSubject): Hash64 {
    if (typeof subject !== "string" && "text" in subject) return subject;
    const hash = this.#ofSubject.restart(hashStart);
    return typeof subject === "string" ? hash.addText(subject) : hash.addTextIn(subject);
  }

  #hashOf({ id, name }: ActorRef): RollingHash {
    let hash = this.#hashes.get(id);
    if (hash === undefined) {
      // With the actor in it, or the sum could not tell whose facts are whose.
      hash = new RollingHash().addInteger(id);
      this.#hashes.set(id, hash);
      this.#recorded.add(name);
    }
    return hash;
  }
}

export interface ActorHash extends Hash64 {
  readonly actorId: number;
}

/** One hash for a whole run: the actors' hashes in actor order, wherever each of them ran. */
export function combineHashes(parts: readonly (readonly ActorHash[])[]): string {
  const whole = new RollingHash();
  for (const { actorId, high, low } of parts.flat().toSorted((a, b) => a.actorId - b.actorId)) {
    whole.addInteger(actorId).addInteger(high).addInteger(low);
  }
  return hashText(whole.value);
}

function textOf(subject: FactSubject): string {
  if (typeof subject === "string") return subject;
  return "text" in subject ? subject.text : subject.join("");
}

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
