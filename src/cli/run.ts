import { Command, CommanderError } from "commander";
import { CliError, exitCode } from "./cli-error.ts";
import { addCommands } from "./commands/commands.ts";
import { addCompletion, addCompletionCommand } from "./completion.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { RunError } from "../cluster/run-error.ts";
import { podraceVersion } from "../cluster/version.ts";

const examples = `
Examples:
  podrace story                    watch one pod go from a request to running containers
  podrace up                       a live cluster for kubectl, until Ctrl-C
  podrace up --nodes 50 --speed 10 fifty nodes, ten times as fast as the clock
  podrace trace pod/my-nginx       what happened to a pod, step by step
  podrace inspect pod/my-nginx     which state it is in, and what it waits for
  podrace time step 1m             a minute of the cluster's time, at once
  podrace snapshot save FILE       the whole cluster, to go on from there later
  podrace kubectl get pods -A      for those who have no kubectl

Exit codes:
  0 done  1 failed  2 wrong use or invalid file  4 timed out
  5 a replay that is not what was recorded or saved  6 a bug in podrace, or a thread of it that broke
  130 interrupted (Ctrl-C)  143 terminated
  podrace kubectl answers as kubectl does.
`;

/** Runs one command line; returns its exit code and never throws. */
export async function run(args: readonly string[]): Promise<number> {
  const terminal = createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    quiet: args.includes("--quiet") || args.includes("-q"),
    onReaderGone: () => process.exit(exitCode.ok),
  });
  let code: number = exitCode.ok;
  const program = createProgram(terminal);
  addCommands(program, { terminal, finish: (ended) => (code = ended) });
  try {
    if (args.includes("completion") || args.includes("complete")) await addCompletion(program);
    else addCompletionCommand(program);
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}

function createProgram(terminal: Terminal): Command {
  return new Command("podrace")
    .description(
      "A Kubernetes cluster you can race: real kubectl, simulated nodes, time as a dial.",
    )
    .version(podraceVersion, "-V, --version", "print podrace's version")
    .option("-q, --quiet", "no progress on stderr")
    .helpOption("-h, --help", "explain a command")
    .addHelpText("after", examples)
    .configureOutput({
      writeOut: (text) => terminal.result(text),
      writeErr: (text) => terminal.warning(text.trimEnd()),
    })
    .showSuggestionAfterError()
    .showHelpAfterError("See 'podrace --help'.")
    .exitOverride()
    .enablePositionalOptions();
}

function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (error instanceof CliError) {
    terminal.warning(`error: ${error.message}`);
    if (error.hint !== undefined) terminal.warning(error.hint);
    return error.exitCode;
  }
  if (error instanceof RunError) {
    terminal.warning(`podrace: the run broke: ${error.message}`);
    terminal.warning(stackOf(innermost(error)));
  } else {
    terminal.warning(`podrace: internal error: ${stackOf(error)}`);
  }
  return exitCode.internal;
}

function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
