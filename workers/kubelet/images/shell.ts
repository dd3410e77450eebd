import type { ProcessPlan } from "./process-plan.ts";

/** A started program answers SIGTERM by default; process 1 of a container ignores it. */
const secondUs = 1_000_000;

/** A process that did nothing else took about this long. */
const shortestUs = 20_000;

/**
 * What a command of a small Linux image does: `sleep N`, `true`, `false`, `echo`, `exit N`, and
 * `sh -c` of those joined by `;`, `&&`, `||` and newlines, or in a loop that never ends.
 *
 * Commands run as process 1, which ignores SIGTERM unless it handles it: `sleep` has to be killed,
 * as in a real container.
 */
export function planShellCommand(command: readonly string[]): ProcessPlan {
  const [program = "", ...args] = command;
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "sh" || name === "ash" || name === "bash") return planShell(args);
  const outcome = run(name, args);
  if (outcome !== undefined) return toPlan(outcome);
  return {
    listensOn: [],
    startError: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${program}": executable file not found in $PATH`,
  };
}

interface Outcome {
  /** `Infinity` for a program that never ends. */
  readonly tookUs: number;
  readonly code: number;
  /** `exit` ends the whole script. */
  readonly ends?: true;
}

function planShell(args: readonly string[]): ProcessPlan {
  const at = args.findIndex((arg) => /^-\w*c$/.test(arg));
  // A shell without a terminal or a script reads end of file, and is done.
  if (at === -1) return toPlan({ tookUs: 0, code: 0 });
  return toPlan(runScript(args[at + 1] ?? ""));
}

function runScript(script: string): Outcome {
  let tookUs = 0;
  let code = 0;
  for (const { joint, words } of statements(script)) {
    if ((joint === "&&" && code !== 0) || (joint === "||" && code === 0)) continue;
    const [name = "", ...args] = words;
    const outcome = runBuiltIn(name, args, code) ?? run(name, args) ?? { tookUs: 0, code: 127 };
    tookUs += outcome.tookUs;
    code = outcome.code;
    if (outcome.ends || tookUs === Infinity) break;
  }
  return { tookUs, code };
}

/** What only a shell does. `code` is that of the command before. */
function runBuiltIn(name: string, args: readonly string[], code: number): Outcome | undefined {
  if (name === "exit" && args.length === 0) return { tookUs: 0, code, ends: true };
  const [condition = ""] = args;
  const isEndless =
    (name === "while" && (condition === "true" || condition === ":")) ||
    (name === "until" && condition === "false");
  return isEndless ? { tookUs: Infinity, code: 0 } : undefined;
}

function run(name: string, args: readonly string[]): Outcome | undefined {
  switch (name) {
    case "true":
    case ":":
    case "echo":
    case "printf":
    case "set":
    case "cd":
      return { tookUs: 0, code: 0 };
    case "false":
      return { tookUs: 0, code: 1 };
    case "exit":
      return { tookUs: 0, code: Number(args[0] ?? 0) & 255, ends: true };
    case "sleep":
      return sleep(args);
    case "exec":
      return run(args[0] ?? "", args.slice(1));
    case "tail":
      return args.includes("-f") ? { tookUs: Infinity, code: 0 } : { tookUs: 0, code: 0 };
    default:
      return undefined;
  }
}

function sleep(args: readonly string[]): Outcome {
  let tookUs = 0;
  for (const arg of args) {
    const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?|infinity)([smhd]?)$/.exec(arg) ?? [];
    if (amount === undefined) return { tookUs: 0, code: 1 };
    const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit || "s"] ?? 1;
    tookUs += amount === "infinity" ? Infinity : Math.round(Number(amount) * seconds * secondUs);
  }
  return args.length === 0 ? { tookUs: 0, code: 1 } : { tookUs, code: 0 };
}

function toPlan({ tookUs, code }: Outcome): ProcessPlan {
  if (tookUs === Infinity) return { listensOn: [] };
  return { listensOn: [], exit: { afterUs: Math.max(tookUs, shortestUs), code } };
}

/** Commands and what joins each to the one before. Separators within quotes separate nothing. */
function statements(script: string): readonly { joint: string; words: readonly string[] }[] {
  const found: { joint: string; words: string[] }[] = [];
  let joint = ";";
  let words: string[] = [];
  for (const [token] of script.matchAll(
    /&&|\|\||[;\n]|(?:"[^"]*"|'[^']*'|[^\s;&|]|&(?!&)|\|(?!\|))+/g,
  )) {
    if (!separators.has(token)) {
      words.push(token.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
      continue;
    }
    if (words.length > 0) found.push({ joint, words });
    words = [];
    joint = token;
  }
  if (words.length > 0) found.push({ joint, words });
  return found;
}

const separators: ReadonlySet<string> = new Set(["&&", "||", ";", "\n"]);
