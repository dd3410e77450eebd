import type { Command } from "commander";
import { parseSpeed, speedExpectation } from "../../api/speed.ts";
import {
  parseStretch,
  type StretchBody,
  stretchExpectation,
  type TimeBody,
} from "../../cluster/time-control.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../connection.ts";
import type { Terminal } from "../terminal.ts";
import type { CommandEnvironment } from "./commands.ts";

/** `podrace time …`: the dial of a running cluster. */
export function addTime(program: Command, { terminal, finish }: CommandEnvironment): void {
  const time = program
    .command("time")
    .description(
      "show or turn the clock of a running cluster: pause, resume, speed, step, until-settled",
    );
  const addAction = (
    words: string,
    description: string,
    run: (flags: ConnectionFlags, argument: string) => Promise<number>,
  ): void => {
    addConnectionOptions(time.command(words).description(description)).action(
      async (...args: readonly unknown[]) => {
        const command = args.at(-1) as Command;
        // A flag may stand before the action, too: it is `time` that has it then.
        finish(await run(command.optsWithGlobals<ConnectionFlags>(), command.args[0] ?? ""));
      },
    );
  };
  const turn = async (flags: ConnectionFlags, action: string): Promise<number> => {
    show(terminal, await post<TimeBody>(flags, action));
    return exitCode.ok;
  };
  addConnectionOptions(time).action(async (flags: ConnectionFlags) => {
    show(
      terminal,
      await withClient(flags, (client) => client.json<TimeBody>({ path: "/podrace/v1/time" })),
    );
  });
  addAction("pause", "stop the clock; requests are still answered", (flags) =>
    turn(flags, "pause"),
  );
  addAction("resume", "go on as before the pause", (flags) => turn(flags, "resume"));
  addAction("speed <k>", "cluster seconds a real second: a number, or max", (flags, speed) => {
    if (parseSpeed(speed) === undefined)
      throw usageError(`the speed must be ${speedExpectation}, not ${JSON.stringify(speed)}`);
    return turn(flags, `speed?to=${encodeURIComponent(speed)}`);
  });
  addAction(
    "step <duration>",
    "go through a stretch of time at once, e.g. 10s or 1m30s",
    async (flags, duration) => {
      if (parseStretch(duration) === undefined)
        throw usageError(`a step must be ${stretchExpectation}, not ${JSON.stringify(duration)}`);
      showStretch(
        terminal,
        await post<StretchBody>(flags, `step?for=${encodeURIComponent(duration)}`),
      );
      return exitCode.ok;
    },
  );
  addAction(
    "until-settled",
    "go on at once until nothing is due but heartbeats (10m at most)",
    async (flags) => {
      const stretch = await post<StretchBody>(flags, "until-settled");
      showStretch(terminal, stretch);
      if (stretch.settled) return exitCode.ok;
      throw new CliError("the cluster is not settled after 10 minutes of its time", {
        exitCode: exitCode.timedOut,
        hint: "Containers that crash and restart, or that will end by themselves, keep it busy.",
      });
    },
  );
}

function post<T>(flags: ConnectionFlags, action: string): Promise<T> {
  const [path, search = ""] = action.split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  return withClient(flags, (client) =>
    client.json<T>({ method: "POST", path: `/podrace/v1/time/${path}`, query }),
  );
}

function show(terminal: Terminal, { now, speed, settled }: TimeBody): void {
  const pace = speed === 0 ? "paused" : speed === "max" ? "as fast as it goes" : `×${speed}`;
  terminal.result(`${now}  ${pace}${settled ? ", settled" : ""}\n`);
}

function showStretch(terminal: Terminal, stretch: StretchBody): void {
  show(terminal, stretch);
  const { virtualSeconds, facts, writes } = stretch;
  terminal.result(
    `${virtualSeconds.toFixed(3)} s of cluster time, ${facts} facts, ${writes} writes\n`,
  );
}
