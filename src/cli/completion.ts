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
  tab(program, { completionCommandName: "completion" });
}
