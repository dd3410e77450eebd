import { EventQueue } from "./event-queue.ts";
import { beginHandling, endHandling } from "./handling.ts";
import { invariant, InvariantError } from "./invariant.ts";
import { RunningMark } from "./running-mark.ts";

/**
 * An actor's place in the total order, and its name in traces: `etcd`, `api-1`, `kubelet:node-3`.
 * Ids are given out by the composition root, never by a thread.
 */
export interface ActorRef {
  readonly id: number;
  readonly name: string;
}

/** Of what is due at the same time: inputs from outside first, then messages, then timers. */
export const eventClass = { input: 0, message: 1, timer: 2 } as const;

export interface TimerHandle {
  cancel(): void;
}

/** What stands between actors and what is due to them, when actors can fail. */
export interface ActorGate {
  /** Which life of an actor this is: what it sets itself as a timer dies with it. */
  incarnation(actor: ActorRef): number;
  /**
   * When the actor handles what is due to it at `atUs`: then, later, or never (`Infinity`).
   *
   * @param hasTurn Whether this was asked before, and the answer was `atUs`.
   */
  admit(actor: ActorRef, incarnation: number, atUs: number, hasTurn: boolean): number;
  /** How long it really takes until so much time has passed for the actor. */
  delayUs(actor: ActorRef, delayUs: number): number;
  /** Something was handled. What it throws ends the run. */
  handled(): void;
  /** What time it is to the actor. */
  nowUs(actor: ActorRef, nowUs: number): number;
}

/** Of what is due to an actor whichever of its lives it is in. */
export const everyIncarnation = -1;

/**
 * Virtual time on one thread: the clock and what is due. Handlers run one at a time, to the end,
 * at the time they were due.
 */
export class Timeline {
  /** Which actor runs, or threw. */
  readonly mark: RunningMark;
  #nowUs: number;
  readonly #queue = new EventQueue<Entry>();
  readonly #sequences: number[] = [];
  #sealedUs = 0;
  #running: ActorRef | undefined;
  #isBackground = false;
  #foreground = 0;
  #gate: ActorGate | undefined;

  constructor(startUs = 0, mark = new RunningMark()) {
    this.#nowUs = startUs;
    this.mark = mark;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** When something is due next; `Infinity` when nothing is. Cancelled timers may still count. */
  get nextDueUs(): number {
    return this.#queue.firstAtUs;
  }

  get pending(): number {
    return this.#queue.size;
  }

  /** The actor whose handler is running, for error messages. */
  get running(): string | undefined {
    return this.#running?.name;
  }

  /**
   * Whether only background work is due: heartbeats, bookmarks, and all that follows from them.
   * What a handler sets going is of the handler's kind, so a heartbeat's messages count as one.
   */
  get isSettled(): boolean {
    return this.#foreground === 0;
  }

  /** Whether what is being handled now is background work. */
  get isBackground(): boolean {
    return this.#isBackground;
  }

  /**
   * A message to `to`, due at `atUs`. Links decide when; actors do not call this themselves.
   *
   * @param refused What its machine does with it, in its place, when it is down.
   * @param tie Of messages that are due to `to` at the same time, those with a higher one come later;
   *   among equals the order is that of their senders.
   */
  deliver(
    atUs: number,
    from: ActorRef,
    to: ActorRef,
    handle: () => void,
    isBackground = this.#isBackground,
    refused?: () => void,
    tie = 0,
  ): void {
    const entry = this.#push(atUs, eventClass.message, from, to, handle, isBackground, tie);
    if (refused !== undefined) entry.refused = refused;
  }

  /**
   * What came from outside the simulation: an HTTP request, an admin command.
   *
   * @param refused See `deliver`.
   */
  input(atUs: number, to: ActorRef, handle: () => void, refused?: () => void): void {
    const entry = this.#push(atUs, eventClass.input, outside, to, handle, false);
    if (refused !== undefined) entry.refused = refused;
  }

  /** What befalls an actor: before all else that is due then, and whatever state it is in. */
  fault(atUs: number, actor: ActorRef, handle: () => void, isBackground: boolean): void {
    const entry = this.#push(atUs, eventClass.input, environment, actor, handle, isBackground);
    entry.isUngated = true;
  }

  /** From now on actors can fail. */
  setGate(gate: ActorGate): void {
    this.#gate = gate;
  }

  /** What time it is to `actor`, µs: its clock may be wrong. */
  nowFor(actor: ActorRef): number {
    return this.#gate === undefined ? this.#nowUs : this.#gate.nowUs(actor, this.#nowUs);
  }

  /** Wakes `actor` after `delayUs` of virtual time. */
  setTimer(actor: ActorRef, delayUs: number, handle: () => void): TimerHandle {
    return this.#setTimer(actor, delayUs, handle, this.#isBackground);
  }

  /** As `setTimer`, for what goes on for ever: a cluster that does nothing else is settled. */
  setBackgroundTimer(actor: ActorRef, delayUs: number, handle: () => void): TimerHandle {
    return this.#setTimer(actor, delayUs, handle, true);
  }

  /**
   * As `setBackgroundTimer`, by who wakes again and again after the same time, as many others do.
   *
   * @param fired The timer it woke by.
   */
  setTimerAgain(
    fired: TimerHandle,
    actor: ActorRef,
    delayUs: number,
    handle: () => void,
  ): TimerHandle {
    if (this.#gate !== undefined || !(fired instanceof Entry)) {
      return this.#setTimer(actor, delayUs, handle, true);
    }
    const sequence = this.#sequences[actor.id] ?? 0;
    this.#sequences[actor.id] = sequence + 1;
    fired.handle = handle;
    const atUs = this.#nowUs + delayUs;
    const [destination, source] = [actor.id, actor.id];
    this.#queue.pushLast({ atUs, class: eventClass.timer, destination, source, sequence }, fired);
    return fired;
  }

  /** Handles all that is due before `endUs`, and leaves the clock at the last thing handled. */
  runBefore(endUs: number): void {
    const before = beginHandling(this);
    try {
      this.#runBefore(endUs);
    } finally {
      endHandling(before);
    }
  }

  /**
   * Refuses what would be due before `endUs`, until the next `seal`: that time is over elsewhere, so
   * whoever sends into it broke the lookahead.
   */
  seal(endUs: number): void {
    this.#sealedUs = endUs;
  }

  /** Moves the clock to `atUs`, when nothing is due before it. */
  moveTo(atUs: number): void {
    invariant(atUs >= this.#nowUs, "virtual time never runs backwards");
    invariant(this.#queue.firstAtUs >= atUs, "time does not jump over what is due");
    this.#nowUs = atUs;
  }

  /** Takes back what is not due yet; nothing otherwise. Timers do it by their handle. */
  takeBack(entry: Entry): void {
    if (entry.handle !== undefined && !entry.isBackground) this.#foreground--;
    entry.handle = undefined;
  }

  #runBefore(endUs: number): void {
    const queue = this.#queue;
    for (let atUs = queue.firstAtUs; atUs < endUs; atUs = queue.firstAtUs) {
      this.#nowUs = atUs;
      const entry = queue.pop();
      if (entry.handle === undefined) continue;
      if (this.#gate !== undefined && !this.#isAdmitted(this.#gate, entry)) continue;
      const { handle } = entry;
      entry.handle = undefined;
      if (!entry.isBackground) this.#foreground--;
      this.#isBackground = entry.isBackground;
      this.#running = entry.actor;
      this.mark.note(entry.actor.id, atUs);
      handle();
      if (this.#gate !== undefined) this.#gate.handled();
    }
    this.#running = undefined;
    this.mark.clear();
    this.#isBackground = false;
  }

  #setTimer(
    actor: ActorRef,
    delayUs: number,
    handle: () => void,
    isBackground: boolean,
  ): TimerHandle {
    const realUs = this.#gate === undefined ? delayUs : this.#gate.delayUs(actor, delayUs);
    // Clients ask for absurd times, too: who waits beyond the end of time waits for ever.
    const atUs = Math.min(this.#nowUs + realUs, Number.MAX_SAFE_INTEGER);
    const entry = this.#push(atUs, eventClass.timer, actor, actor, handle, isBackground);
    if (this.#gate !== undefined) entry.incarnation = this.#gate.incarnation(actor);
    return entry;
  }

  #push(
    atUs: number,
    classOfEvent: number,
    from: ActorRef,
    to: ActorRef,
    handle: () => void,
    isBackground: boolean,
    tie = 0,
  ): Entry {
    if (!(atUs >= this.#nowUs && atUs >= this.#sealedUs && Number.isSafeInteger(atUs))) {
      this.#refuse(atUs, to);
    }
    const sequence = this.#sequences[from.id] ?? 0;
    this.#sequences[from.id] = sequence + 1;
    if (!isBackground) this.#foreground++;
    const source = tie === 0 ? from.id : from.id + tie * tieStep;
    const due = { atUs, class: classOfEvent, destination: to.id, source, sequence };
    const entry = new Entry(this, to, isBackground, handle);
    this.#queue.push(due, entry);
    return entry;
  }

  /** Whether an entry's actor handles it now; if not, it waits for its turn, or is dropped. */
  #isAdmitted(gate: ActorGate, entry: Entry): boolean {
    if (entry.isUngated === true) return true;
    const { actor, incarnation = everyIncarnation, isBackground, hasTurn = false } = entry;
    const turnUs = gate.admit(actor, incarnation, this.#nowUs, hasTurn);
    if (turnUs === this.#nowUs) return true;
    if (turnUs === Infinity) {
      entry.handle = entry.refused;
      if (entry.handle !== undefined) return true;
      if (!isBackground) this.#foreground--;
      return false;
    }
    // It comes before what arrives then.
    entry.hasTurn = true;
    const sequence = this.#sequences[actor.id] ?? 0;
    this.#sequences[actor.id] = sequence + 1;
    const due = { atUs: turnUs, class: eventClass.input, destination: actor.id, source: actor.id };
    this.#queue.push({ ...due, sequence }, entry);
    return false;
  }

  /** Apart from `#push`, so that what holds costs no message. */
  #refuse(atUs: number, { name }: ActorRef): never {
    invariant(Number.isSafeInteger(atUs), `time is whole µs for ${name}, not ${atUs}`);
    invariant(atUs >= this.#nowUs, `nothing reaches ${name} in the past`);
    throw new InvariantError(`nothing reaches ${name} inside the window it was sent in`);
  }
}

/** What is due; for a timer, its handle, too. */
class Entry implements TimerHandle {
  readonly actor: ActorRef;
  readonly isBackground: boolean;
  /** Gone once it was called or taken back. */
  handle: (() => void) | undefined;
  /** The life of the actor that it belongs to; absent for what outlives it. */
  declare incarnation?: number;
  /** Whether it waited for its actor to be free. */
  declare hasTurn?: boolean;
  /** Handled in its place while its actor is down. */
  declare refused?: () => void;
  /** Whether it is due whatever befalls its actor. */
  declare isUngated?: boolean;
  readonly #timeline: Timeline;

  constructor(timeline: Timeline, actor: ActorRef, isBackground: boolean, handle: () => void) {
    this.#timeline = timeline;
    this.actor = actor;
    this.isBackground = isBackground;
    this.handle = handle;
  }

  cancel(): void {
    this.#timeline.takeBack(this);
  }
}

/** More than there are ids. */
const tieStep = 0x100_0000_0000;

const outside: ActorRef = { id: 0, name: "outside" };
const environment: ActorRef = { id: 1, name: "environment" };
