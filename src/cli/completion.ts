import type { Command } from "commander";

/**
 * Gives the program `completion SHELL`, which prints a script for bash, zsh, fish or PowerShell, and
 * the hidden `complete -- WORDS…` that those scripts ask for candidates.
 *
 * Reads the program's commands, options and choices as they are now, and takes over its exit and
 * output settings: call it last. Imports about 8 ms of code, so it can wait until the command line
 * asks for help or completion.
 */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program, { completionCommandName: name });
  program.commands.find((command) => command.name() === name)?.description(description);
}

/** Only names `completion SHELL`, for the help: all that is needed where nobody asks for it. */
export function addCompletionCommand(program: Command): void {
  program.command(`${name} <shell>`).description(description);
}

const name = "completion";
const description = "print a completion script for bash, zsh, fish or powershell";
