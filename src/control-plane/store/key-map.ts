/**
 * A map by key, in parts: a map that doubles its table stops the world for half a second at four
 * million entries, a part of it for a few milliseconds. It has no order.
 */
export class KeyMap<T> {
  readonly #parts = Array.from({ length: partCount }, () => new Map<string, T>());

  get(key: string): T | undefined {
    return this.#partOf(key).get(key);
  }

  set(key: string, value: T): void {
    this.#partOf(key).set(key, value);
  }

  delete(key: string): void {
    this.#partOf(key).delete(key);
  }

  /**
   * By letters near the end, where names differ; not the very last ones, so that names that follow
   * each other, and are used together, stay together.
   */
  #partOf(key: string): Map<string, T> {
    const { length } = key;
    const letters = key.charCodeAt(length - 4) * 31 + key.charCodeAt(length - 5);
    return this.#parts[letters & (partCount - 1)] as Map<string, T>;
  }
}

/** A power of two. */
const partCount = 64;
