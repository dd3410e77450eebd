import type { Watch, WatchRequest } from "../store.ts";

/** A watch, as its client has it. */
export class ClientWatch<V> {
  readonly #request: WatchRequest<V>;
  readonly #ended: (watch: ClientWatch<V>) => void;
  #isOver = false;
  /** At the server. */
  begun: Watch | undefined;

  /** @param ended Called once, when nothing is told any more. */
  constructor(request: WatchRequest<V>, ended: (watch: ClientWatch<V>) => void) {
    this.#request = request;
    this.#ended = ended;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended(this);
  }

  fail(error: Error): void {
    this.#last(() => this.#request.onError?.(error));
  }

  /**
   * The same watch for the server.
   *
   * @param isConnected Whether what it says can still be heard.
   * @param noted Gets the revisions it tells of.
   */
  heard(isConnected: () => boolean, noted: (revision: number) => void): WatchRequest<V> {
    const { onChanges, onProgress, onCompacted, onSetBack } = this.#request;
    const unlessOver = (act: () => void): void => {
      if (!this.#isOver && isConnected()) act();
    };
    const last = (act: () => void): void => unlessOver(() => this.#last(act));
    return {
      ...this.#request,
      onChanges: (changes) =>
        unlessOver(() => {
          noted(changes.at(-1)?.revision ?? 0);
          onChanges(changes);
        }),
      onProgress: (revision) => unlessOver(() => onProgress?.(revision)),
      onCompacted: (revision) => last(() => onCompacted(revision)),
      onError: (error) => unlessOver(() => this.fail(error)),
      ...(onSetBack && { onSetBack: (revision: number) => last(() => onSetBack(revision)) }),
    };
  }

  #last(act: () => void): void {
    if (this.#isOver) return;
    this.end();
    act();
  }
}
