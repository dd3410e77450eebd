import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { addInspect } from "./inspect.ts";
import { addExport } from "./export.ts";
import { addKubectl } from "./kubectl.ts";
import { addReplay } from "./replay.ts";
import { addSnapshot } from "./snapshot.ts";
import { addStory } from "./story.ts";
import { addTrace } from "./trace.ts";
import { addTime } from "./time.ts";
import { addUp } from "./up.ts";
import { addVerify } from "./verify.ts";
import { addVersion } from "./version.ts";

/** What a command works with. */
export interface CommandEnvironment {
  readonly terminal: Terminal;
  /** Says how the command ended. */
  readonly finish: (exitCode: number) => void;
}

/** All commands but completion, which comes last, in the order `--help` lists them. */
export function addCommands(program: Command, environment: CommandEnvironment): void {
  program.commandsGroup("Clusters:");
  addUp(program, environment);
  addStory(program, environment);
  addReplay(program, environment);
  addVerify(program, environment);
  addSnapshot(program, environment);
  program.commandsGroup("A running cluster:");
  addTime(program, environment);
  addTrace(program, environment);
  addInspect(program, environment);
  addExport(program, environment);
  addKubectl(program, environment);
  program.commandsGroup("podrace itself:");
  addVersion(program, environment);
  program.helpCommand("help [command]", "explain a command");
  for (const command of program.commands) {
    command.showHelpAfterError(`See 'podrace ${command.name()} --help'.`);
  }
}
