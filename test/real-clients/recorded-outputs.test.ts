import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LiveKubectl, liveKubectl } from "./live-kubectl.ts";
import { evened } from "./evened.ts";
import { type KubectlResult, kubectlVersions } from "./kubectl.ts";

interface Recorded extends KubectlResult {
  readonly command: string;
  /** What other versions answered. */
  readonly variants?: readonly (KubectlResult & { readonly clients: readonly string[] })[];
}

const vectors = join(import.meta.dirname, "vectors");
const recorded = readFileSync(join(vectors, "recorded-outputs.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** Manifests are named by path in what kubectl says, so it has to run where they are. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "podrace-manifests-"));
  await cp(join(vectors, "manifests"), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(kubectlVersions)("kubectl %s", (version) => {
  const kubectl = liveKubectl(version, { nodes: 2 });

  test("says and exits as it did when it was recorded, one command after another", async () => {
    const told: object[] = [];
    const expected: object[] = [];
    for (const { command, ...answers } of recorded) {
      const answer = await kubectl(wordsOf(command), { folder });
      told.push({ command, ...evened(answer) });
      expected.push({ command, ...evened(answerOf(answers, kubectl.minor())) });
      await settle(kubectl, command);
    }

    expect(told).toEqual(expected);
  });
});

/** The words of a command line with quotes in it. */
function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g) ?? [];
  return words.map((word) => word.replaceAll(/['"]/g, ""));
}

function answerOf(
  { variants = [], ...answer }: Omit<Recorded, "command">,
  minor: number,
): KubectlResult {
  return variants.find(({ clients }) => clients.includes(`1.${minor}`)) ?? answer;
}

/** A recording was made at leisure: pods ran before the next command. */
async function settle(kubectl: LiveKubectl, command: string): Promise<void> {
  if (!/^(?:run my-nginx|apply -f pod)/.test(command)) return;
  await kubectl("wait --for=condition=Ready pods --all --timeout=20s");
}
