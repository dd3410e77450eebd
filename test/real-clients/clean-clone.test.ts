import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const project = resolve(import.meta.dirname, "../..");
const minutes = 60_000;
const run = promisify(execFile);

/** Set for the tests that run inside the clone, so that a clone is never cloned in turn. */
const insideClone = process.env["PODRACE_CLEAN_CLONE"] === "1";

describe.skipIf(insideClone)("the two commands of the README, in a clean clone", () => {
  let clone: string;
  let commands: readonly string[];

  beforeAll(async () => {
    commands = firstCommandsOf(await readFile(join(project, "README.md"), "utf8"));
    clone = await mkdtemp(join(tmpdir(), "podrace-clone-"));
    for (const path of await filesOfWorkingTree()) {
      await mkdir(dirname(join(clone, path)), { recursive: true });
      await cp(join(project, path), join(clone, path));
    }
  });

  afterAll(() => rm(clone, { recursive: true, force: true }));

  test("are one that plays the story and one that runs the tests", () => {
    expect(commands).toEqual(["npm ci && npm start", "npm ci && npm test"]);
  });

  test("the first plays the story to its end", { timeout: 5 * minutes }, async () => {
    const { stdout } = await inClone(commands[0] ?? "");

    expect(stdout).toContain("kubectl run my-nginx --image nginx");
    expect(stdout).toMatch(/^my-nginx\s+1\/1\s+Running\b/m);
    expect(stdout).toContain('pod "my-nginx" deleted');
  });

  test(
    "the second runs the tests, here those of the kernel",
    { timeout: 5 * minutes },
    async () => {
      const { stdout } = await inClone(`${commands[1]} -- test/kernel`);

      expect(stdout).toMatch(/Tests\s+\d+ passed/);
    },
  );

  /** @throws {Error} With what it printed, if its exit code is not 0. */
  function inClone(command: string) {
    return run("sh", ["-c", command], { cwd: clone, env: cleanEnvironment(), maxBuffer: 2 ** 26 });
  }
});

/** What `git clone` of a commit of this very state would give. */
async function filesOfWorkingTree(): Promise<string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const { stdout: present } = await run("git", args, { cwd: project, maxBuffer: 2 ** 26 });
  const { stdout: deleted } = await run("git", ["ls-files", "-z", "--deleted"], { cwd: project });
  const gone = new Set(deleted.split("\0"));
  return present.split("\0").filter((path) => path !== "" && !gone.has(path));
}

/** The commands of the first code block, without prompts and comments. */
function firstCommandsOf(readme: string): string[] {
  const block = /^```\w*\n(?<commands>.*?)^```/ms.exec(readme)?.groups?.["commands"] ?? "";
  return block
    .split("\n")
    .map((line) =>
      line
        .replace(/^\$ /, "")
        .replace(/\s*#.*$/, "")
        .trim(),
    )
    .filter((line) => line !== "");
}

/** The user's environment, without what `npm test` and vitest add for their own processes. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^(npm_(package|lifecycle|config_local_prefix)|INIT_CWD|NODE_ENV|NODE_OPTIONS|TEST|VITEST)/;
  const entries = Object.entries(process.env).filter(([name]) => !own.test(name));
  return {
    ...Object.fromEntries(entries),
    PODRACE_CLEAN_CLONE: "1",
    NO_COLOR: "1",
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
  };
}
