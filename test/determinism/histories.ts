/**
 * Runs the stories and prints a digest of each, by number of threads, for another process to compare.
 *
 * Run: node dist/test/determinism/histories.js THREADS…
 */
import { crowdedStory, seedStory } from "../cluster/stories.ts";
import { digest } from "./digest.ts";

/** By story, then by number of threads. */
export type Histories = Readonly<Record<string, Readonly<Record<string, string>>>>;

const histories: Record<string, Record<string, string>> = {};
for (const [name, story] of Object.entries({ seedStory, crowdedStory })) {
  const digests: Record<string, string> = {};
  for (const threads of process.argv.slice(2)) {
    digests[threads] = digest(await story({ threads: Number(threads) }));
  }
  histories[name] = digests;
}
process.stdout.write(`${JSON.stringify(histories)}\n`);
