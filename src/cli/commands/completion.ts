import type { Command } from "commander";

/** Names the completion command in the help; `run` adds the real one when it is asked for. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion <shell>")
    .description("print a completion script for bash, zsh, fish or powershell");
}
