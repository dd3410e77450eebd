/** The process around a kubectl command. */
export interface KubectlIo {
  /** stdout, as it is. */
  out(text: string): void;
  /** stderr, as it is. */
  err(text: string): void;
  readStdin(): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C: a watch or a wait then ends. */
  readonly interrupted: AbortSignal;
  /** For the ages in descriptions; those in tables are the server's. */
  nowUs(): number;
}
