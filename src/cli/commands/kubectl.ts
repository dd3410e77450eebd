import type { Command } from "commander";
import { wallClock } from "../../kernel/wall-clock.ts";
import type { CommandEnvironment } from "./commands.ts";

/** `podrace kubectl …`: a part of kubectl, for those who have none. */
export function addKubectl(program: Command, { finish }: CommandEnvironment): void {
  program
    .command("kubectl")
    .description(
      "a subset of kubectl, for those who have none: run, get, describe, apply, delete …",
    )
    .argument("[arguments...]")
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (args: readonly string[]) => {
      const { kubectl } = await import("../kubectl/kubectl.ts");
      const interrupt = new AbortController();
      process.once("SIGINT", () => interrupt.abort());
      finish(
        await kubectl(args, {
          out: (text) => void process.stdout.write(text),
          err: (text) => void process.stderr.write(text),
          readStdin,
          env: process.env,
          interrupted: interrupt.signal,
          nowUs: () => wallClock.nowUs(),
        }),
      );
    });
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
