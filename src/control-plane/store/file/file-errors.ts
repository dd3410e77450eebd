import { StoreError } from "../store-errors.ts";

/** A file of the store is not what was written. Nothing was changed. */
export class DamagedFileError extends StoreError {
  override readonly name = "DamagedFileError";
  readonly file: string;
  /** Where the first byte is that cannot be used. */
  readonly offset: number;

  constructor(file: string, offset: number, why: string) {
    super(`${file} is damaged at byte ${offset}: ${why}`);
    this.file = file;
    this.offset = offset;
  }
}

/** Another process has the directory open. */
export class DirectoryLockedError extends StoreError {
  override readonly name = "DirectoryLockedError";
  readonly directory: string;

  constructor(directory: string, pid: string) {
    super(
      `${directory} is in use by process ${pid}: one podrace at a time can keep its state there`,
    );
    this.directory = directory;
  }
}

/** Written by a podrace that this one does not understand, or by something else. */
export class UnknownFormatError extends StoreError {
  override readonly name = "UnknownFormatError";
  readonly file: string;

  constructor(file: string, found: string) {
    super(`${file} is ${found}, which this podrace cannot read`);
    this.file = file;
  }
}
