import type { Done } from "../store.ts";

/** A request under way: it has one answer, however often it is sent. */
export class ClientCall<R> {
  readonly isWrite: boolean;
  readonly #finish: Done<R>;
  readonly #transmit: (reply: Done<R>) => void;
  #attempts = 0;
  #isOver = false;

  /** @param transmit Puts it on its way, if there is one. */
  constructor(isWrite: boolean, finish: Done<R>, transmit: (reply: Done<R>) => void) {
    this.isWrite = isWrite;
    this.#finish = finish;
    this.#transmit = transmit;
  }

  get attempts(): number {
    return this.#attempts;
  }

  send(): void {
    if (this.#isOver) return;
    this.#attempts++;
    this.#transmit((error, result) => this.#end(error, result));
  }

  fail(error: Error): void {
    this.#end(error, undefined as R);
  }

  /** Nobody waits for its answer any more. */
  cancel(): void {
    this.#isOver = true;
  }

  #end(error: Error | undefined, result: R): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish(error, result);
  }
}
