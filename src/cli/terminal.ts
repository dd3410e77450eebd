import { styleText } from "node:util";

/** The part of a process's output stream that a terminal needs. */
export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface TerminalOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Drops progress, keeps results, warnings and errors: `--quiet`. */
  readonly quiet?: boolean;
  /** Called once when whoever reads the output has left, as `head` does. */
  readonly onReaderGone?: () => void;
}

type Style = Parameters<typeof styleText>[0];

/** Where a command says things: results on stdout, all that is about getting them on stderr. */
export interface Terminal {
  /** A result, as it is: the caller ends its lines. */
  result(text: string): void;
  /** A line on what is going on. */
  progress(line: string): void;
  /** A line that `--quiet` does not drop. */
  warning(line: string): void;
  /** Colour for results, or the plain text where stdout should have none. */
  style(style: Style, text: string): string;
  /** Colour for stderr. */
  progressStyle(style: Style, text: string): string;
  /** Whether to redraw lines on stderr: never into a file or a pipe, and never in CI. */
  readonly animated: boolean;
}

export function createTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, env, quiet = false } = options;
  const resultColour = wantsColour(stdout, env);
  const progressColour = wantsColour(stderr, env);
  const write = writeUntilReaderGone(options);

  return {
    result: (text) => write(stdout, text),
    progress: (line) => {
      if (!quiet) write(stderr, `${line}\n`);
    },
    warning: (line) => write(stderr, `${line}\n`),
    style: (style, text) => (resultColour ? paint(style, text) : text),
    progressStyle: (style, text) => (progressColour ? paint(style, text) : text),
    animated: stderr.isTTY === true && !isSet(env["CI"]) && !quiet,
  };
}

/** `FORCE_COLOR` over `NO_COLOR` over what the stream is, as Node itself decides it. */
function wantsColour(stream: OutputStream, env: TerminalOptions["env"]): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (isSet(env["NO_COLOR"])) return false;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** The decision is made already, for one stream: keep Node from making its own for another. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}

/** A reader that has left is not an error of ours: what it wanted it has got. */
function writeUntilReaderGone({ stdout, stderr, onReaderGone }: TerminalOptions) {
  const gone = new Set<OutputStream>();
  for (const stream of new Set([stdout, stderr])) {
    stream.on("error", (error) => {
      if (error.code !== "EPIPE") throw error;
      if (gone.has(stream)) return;
      gone.add(stream);
      if (stream === stdout) onReaderGone?.();
    });
  }
  return (stream: OutputStream, text: string): void => {
    if (!gone.has(stream)) stream.write(text);
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
