import { kinds } from "../control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../control-plane/apiserver/stored/stored-codec.ts";
import {
  stampRevision,
  type StoredObject,
} from "../control-plane/apiserver/stored/stored-object.ts";
import {
  DamagedFileError,
  DirectoryLockedError,
  UnknownFormatError,
} from "../control-plane/store/file/file-errors.ts";
import {
  type FileStore,
  type FileStoreReport,
  openFileStore,
} from "../control-plane/store/file/file-store.ts";
import type { Store, StoreClock } from "../control-plane/store/store.ts";
import type { Simulation } from "../kernel/simulation.ts";
import type { ActorRef } from "../kernel/timeline.ts";
import type { KeptState } from "./kept-state.ts";
import { OutsideAnswers, type SubmitInput } from "./outside-answers.ts";

/** A directory that a cluster's state cannot be kept in, or not any more. */
export class DataDirectoryError extends Error {
  override readonly name = "DataDirectoryError";
  readonly directory: string;
  /** Whether opening it with `repairs` may help. */
  readonly isRepairable: boolean;

  constructor(directory: string, message: string, isRepairable = false, cause?: unknown) {
    super(message, { cause });
    this.directory = directory;
    this.isRepairable = isRepairable;
  }
}

/**
 * Where a cluster's objects are kept, so that the next one goes on from them. Time does not go on
 * while the disk writes, and what it answers is an input: a write is answered once it is durable.
 */
export class DataDirectory implements KeptState {
  readonly path: string;
  readonly mayFail = false;
  readonly #file: FileStore<StoredObject>;
  readonly #answers = new OutsideAnswers();
  #closed: Promise<void> | undefined;

  /** Use `openDataDirectory`. */
  constructor(path: string, file: FileStore<StoredObject>) {
    this.path = path;
    this.#file = file;
  }

  get place(): string {
    return this.path;
  }

  get store(): Store<StoredObject> {
    return this.#file.store;
  }

  /** What was there when it was opened. */
  get report(): FileStoreReport {
    return this.#file.report;
  }

  get revision(): number {
    return this.report.revision;
  }

  /** The first time that is later than all that was written down, µs. */
  get nextUs(): number {
    return this.report.savedNowUs + 1;
  }

  start(clock: StoreClock): void {
    this.#file.start(clock, (handle) => this.#answers.take(handle));
  }

  async join(simulation: Simulation, actor: ActorRef): Promise<void> {
    this.#answers.join(simulation, actor);
    simulation.holdWindows(() => {
      const { isWriting, failure } = this.#file;
      return isWriting || failure !== undefined ? this.#written() : undefined;
    });
  }

  submitThrough(actor: ActorRef, submit: SubmitInput): void {
    this.#answers.submitThrough(actor, submit);
  }

  /** Writes what is still to be written; then another process may open it. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #close(): Promise<void> {
    this.#answers.leave();
    return new Promise((resolve) => this.#file.store.close(() => resolve()));
  }

  /** @throws {DataDirectoryError} When it cannot be written. */
  async #written(): Promise<void> {
    while (this.#file.isWriting) await this.#answers.next();
    const { failure } = this.#file;
    if (failure === undefined) return;
    throw new DataDirectoryError(this.path, `${this.path}: ${failure.message}`, false, failure);
  }
}

/**
 * Opens a directory for a cluster's state, or makes one.
 *
 * @param options.repairs Gives up what is behind a damage in the middle of the log.
 * @throws {DataDirectoryError} When another process has it, when it is damaged, of another format, or
 *   not to be read and written.
 */
export function openDataDirectory(
  path: string,
  options: { readonly repairs?: boolean } = {},
): DataDirectory {
  const { repairs = false } = options;
  try {
    const file = openFileStore(path, {
      stamp: stampRevision,
      codec: storedCodecOf(kinds),
      repair: repairs,
    });
    return new DataDirectory(path, file);
  } catch (error) {
    const { message } = error as Error;
    const isDamaged = error instanceof DamagedFileError;
    const isExplained =
      isDamaged || error instanceof DirectoryLockedError || error instanceof UnknownFormatError;
    const isOfDisk = (error as NodeJS.ErrnoException).syscall !== undefined;
    if (!isExplained && !isOfDisk) throw error;
    const words = isOfDisk ? `${path} cannot be used: ${message}` : message;
    throw new DataDirectoryError(path, words, isDamaged && !repairs, error);
  }
}
