import { execFileSync } from "node:child_process";
import { Command, Option } from "commander";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addCompletion } from "../../src/cli/completion.ts";

describe("shell completion", () => {
  const program = new Command("podrace").exitOverride().configureOutput({ writeErr: () => {} });
  program
    .command("up")
    .description("start a cluster")
    .addOption(new Option("--runtime <name>", "container runtime").choices(["docker", "cri-o"]))
    .option("--nodes <count>", "how many");
  program.command("trace").description("tell a pod's story");
  beforeAll(() => addCompletion(program));

  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  afterEach(() => printed.mockClear());

  async function run(...args: string[]): Promise<string> {
    await program.parseAsync(args, { from: "user" });
    return printed.mock.calls.map(([line]) => `${line}\n`).join("");
  }

  test("offers commands with what they are for", async () => {
    const candidates = await run("complete", "--", "t");

    expect(candidates).toMatch(/^trace\ttell a pod's story$/m);
    expect(candidates).not.toMatch(/^up/m);
  });

  test("offers a command's options", async () => {
    expect(await run("complete", "--", "up", "--")).toMatch(
      /^--runtime\tcontainer runtime\n--nodes\thow many$/m,
    );
  });

  test("offers an option's choices", async () => {
    expect(await run("complete", "--", "up", "--runtime", "")).toMatch(/^docker\t\ncri-o\t$/m);
  });

  test.each(["bash", "zsh", "fish", "powershell"])("prints a script for %s", async (shell) => {
    expect(await run("completion", shell)).toMatch(/podrace complete '?--/);
  });

  test("prints a bash script that bash can read", async () => {
    const input = await run("completion", "bash");

    expect(() => execFileSync("bash", ["-n"], { input })).not.toThrow();
  });

  test("names the shells it knows when asked for another", async () => {
    await expect(run("completion", "tcsh")).rejects.toThrow("zsh, bash, fish, powershell");
  });
});
