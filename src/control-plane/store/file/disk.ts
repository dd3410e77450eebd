import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  write,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { unguarded } from "../../../kernel/handling.ts";

/** A directory of files, as far as a store needs it. All of the file system is behind this. */
export class Disk {
  readonly directory: string;

  /** Makes the directory, if need be. */
  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** In code-unit order. */
  names(): readonly string[] {
    return readdirSync(this.directory).toSorted((left, right) => (left < right ? -1 : 1));
  }

  pathOf(name: string): string {
    return join(this.directory, name);
  }

  open(name: string): ReadableFile {
    return new ReadableFile(openSync(this.pathOf(name), "r"));
  }

  /** Opens a file to write behind what it has; makes it, if need be. */
  append(name: string): AppendableFile {
    return new AppendableFile(openSync(this.pathOf(name), "a"));
  }

  /** Cuts a file off; what was behind goes to a file of its own, unless there was nothing. */
  cut(name: string, bytes: number, asideName: string): void {
    const content = readFileSync(this.pathOf(name));
    if (content.length === bytes) return;
    writeFileSync(this.pathOf(asideName), content.subarray(bytes), { flush: true });
    const file = openSync(this.pathOf(name), "r+");
    ftruncateSync(file, bytes);
    fsyncSync(file);
    closeSync(file);
    this.sync();
  }

  rename(name: string, newName: string): void {
    renameSync(this.pathOf(name), this.pathOf(newName));
    this.sync();
  }

  remove(name: string): void {
    rmSync(this.pathOf(name), { force: true });
  }

  /** Makes names durable: of files that were made, renamed and removed. */
  sync(): void {
    const directory = openSync(this.directory, "r");
    fsyncSync(directory);
    closeSync(directory);
  }

  /** Makes a file that nobody else has made, with all it says at once. @returns Whether it did. */
  claim(name: string, content: string): boolean {
    const draft = this.pathOf(`${name}.${process.pid}`);
    writeFileSync(draft, content);
    try {
      linkSync(draft, this.pathOf(name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      rmSync(draft);
    }
  }

  /** A small file's text; `undefined` when there is none. */
  text(name: string): string | undefined {
    try {
      return readFileSync(this.pathOf(name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Renames a file away, if it is there, and back if it is not what was expected. */
  takeAway(name: string, content: string): void {
    const aside = `${name}.${process.pid}`;
    try {
      renameSync(this.pathOf(name), this.pathOf(aside));
      if (this.text(aside) !== content) linkSync(this.pathOf(aside), this.pathOf(name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "EEXIST") throw error;
    } finally {
      this.remove(aside);
    }
  }
}

/** A file read front to back, a piece at a time. */
export class ReadableFile {
  readonly size: number;
  readonly #file: number;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  constructor(file: number) {
    this.#file = file;
    this.size = fstatSync(file).size;
  }

  /** So many bytes from there, or what there is of them. They are not to be changed. */
  read(offset: number, length: number): Buffer {
    const end = Math.min(offset + length, this.size);
    if (offset < this.#windowStart || end > this.#windowStart + this.#window.length) {
      const bytes = Buffer.allocUnsafe(
        Math.max(end - offset, Math.min(windowBytes, this.size - offset), 0),
      );
      this.#window = bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, offset));
      this.#windowStart = offset;
    }
    return this.#window.subarray(
      offset - this.#windowStart,
      Math.max(end, offset) - this.#windowStart,
    );
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A file that grows at its end. */
export class AppendableFile {
  readonly #file: number;

  constructor(file: number) {
    this.#file = file;
  }

  /** Writes, and waits for the disk: for what a start needs before it goes on. */
  appendNow(bytes: Uint8Array): void {
    writeSync(this.#file, bytes);
    fsyncSync(this.#file);
  }

  /** Calls `done` once the bytes are on the disk. One call at a time. */
  append(bytes: Uint8Array, done: (error: Error | undefined) => void): void {
    const sync = (error: Error | null | undefined): void => {
      if (error) return done(error);
      fdatasync(this.#file, (failure) => done(failure ?? undefined));
    };
    if (bytes.length > syncWriteBytesMax) return this.#write(bytes, sync);
    // The page cache takes a little faster than a thread of the pool is woken.
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      return done(error as Error);
    }
    sync(undefined);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array, done: (error: Error | null | undefined) => void): void {
    write(this.#file, bytes, (error, written) => {
      if (error || written === bytes.length) return done(error);
      this.#write(bytes.subarray(written), done);
    });
  }
}

const windowBytes = 4 << 20;
const syncWriteBytesMax = 256 << 10;

/** Calls `act` when all that is going on in this process had its turn: writes are grouped so. */
export function soon(act: () => void): void {
  // A handler that writes decides nothing by when that is: the answer is an input.
  unguarded(() => setImmediate(act));
}

/** This process, as a lock names it: its number, and when it started, since numbers come again. */
export function thisProcess(): string {
  return `${process.pid} ${startOf(process.pid)}`;
}

/** Whether the process that called itself so is still there. */
export function isRunning(name: string): boolean {
  const [pid = "", start] = name.split(" ");
  if (!/^[1-9][0-9]*$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Somebody else's process is there, too.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return startOf(Number(pid)) === start;
}

/** In clock ticks since the machine started; `-` where the system does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before may have blanks. @see proc_pid_stat(5): starttime is the 22nd.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "-";
  } catch {
    return "-";
  }
}
