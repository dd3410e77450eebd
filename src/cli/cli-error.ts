/**
 * How podrace's own commands end. `podrace kubectl` keeps kubectl's habit instead: 1 for whatever
 * went wrong.
 */
export const exitCode = {
  ok: 0,
  /** A test, an assertion or an expectation did not hold, or the cluster said no. */
  failed: 1,
  /** The command line or a file it names makes no sense. */
  usage: 2,
  /** A threshold or service level objective was missed. */
  threshold: 3,
  timedOut: 4,
  /** Two runs that must be equal were not. */
  nondeterminism: 5,
  /** A bug in podrace, or a thread of it that died or no longer answers. */
  internal: 6,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
  /** 128 + SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/**
 * A failure that its message explains, so it is shown without a stack trace.
 *
 * @param hint What to do about it, in a line of its own.
 */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(
    message: string,
    { exitCode: code = exitCode.failed, hint, cause }: CliErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = code;
    this.hint = hint;
  }
}

export interface CliErrorOptions {
  readonly exitCode?: ExitCode;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Wrong use, or an invalid file: exit code 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { exitCode: exitCode.usage, ...(hint !== undefined && { hint }) });
}
