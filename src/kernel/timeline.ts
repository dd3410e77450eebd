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
  #running: string | undefined;
  #isBackground = false;
  #foreground = 0;

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
    return this.#running;
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

  /** A message to `to`, due at `atUs`. Links decide when; actors do not call this themselves. */
  deliver(
    atUs: number,
    from: ActorRef,
    to: ActorRef,
    handle: () => void,
    isBackground = this.#isBackground,
  ): void {
    this.#push(atUs, eventClass.message, from, to, handle, isBackground);
  }

  /** What came from outside the simulation: an HTTP request, an admin command. */
  input(atUs: number, to: ActorRef, handle: () => void): void {
    this.#push(atUs, eventClass.input, outside, to, handle, false);
  }

  /** Wakes `actor` after `delayUs` of virtual time. */
  setTimer(actor: ActorRef, delayUs: number, handle: () => void): TimerHandle {
    return this.#setTimer(actor, delayUs, handle, this.#isBackground);
  }

  /** As `setTimer`, for what goes on for ever: a cluster that does nothing else is settled. */
  setBackgroundTimer(actor: ActorRef, delayUs: number, handle: () => void): TimerHandle {
    return this.#setTimer(actor, delayUs, handle, true);
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

  #runBefore(endUs: number): void {
    while (this.#queue.firstAtUs < endUs) {
      const { atUs, value } = this.#queue.pop();
      this.#nowUs = atUs;
      if (value.handle === undefined) continue;
      if (!value.isBackground) this.#foreground--;
      this.#isBackground = value.isBackground;
      this.#running = value.actor.name;
      this.mark.note(value.actor.id, atUs);
      const { handle } = value;
      value.handle = undefined;
      handle();
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
    // Clients ask for absurd times, too: who waits beyond the end of time waits for ever.
    const atUs = Math.min(this.#nowUs + delayUs, Number.MAX_SAFE_INTEGER);
    const entry = this.#push(atUs, eventClass.timer, actor, actor, handle, isBackground);
    return {
      cancel: () => {
        if (entry.handle !== undefined && !isBackground) this.#foreground--;
        entry.handle = undefined;
      },
    };
  }

  #push(
    atUs: number,
    classOfEvent: number,
    from: ActorRef,
    to: ActorRef,
    handle: () => void,
    isBackground: boolean,
  ): Entry {
    if (!(atUs >= this.#nowUs && atUs >= this.#sealedUs && Number.isSafeInteger(atUs))) {
      this.#refuse(atUs, to);
    }
    const sequence = this.#sequences[from.id] ?? 0;
    this.#sequences[from.id] = sequence + 1;
    if (!isBackground) this.#foreground++;
    const entry: Entry = { actor: to, handle, isBackground };
    const due = { atUs, class: classOfEvent, destination: to.id, source: from.id, sequence };
    this.#queue.push(due, entry);
    return entry;
  }

  /** Apart from `#push`, so that what holds costs no message. */
  #refuse(atUs: number, { name }: ActorRef): never {
    invariant(Number.isSafeInteger(atUs), `time is whole µs for ${name}, not ${atUs}`);
    invariant(atUs >= this.#nowUs, `nothing reaches ${name} in the past`);
    throw new InvariantError(`nothing reaches ${name} inside the window it was sent in`);
  }
}

interface Entry {
  readonly actor: ActorRef;
  readonly isBackground: boolean;
  /** Gone once it was called or taken back. */
  handle: (() => void) | undefined;
}

const outside: ActorRef = { id: 0, name: "outside" };
