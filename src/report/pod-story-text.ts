import { latestLife, podStory, type TracedFact } from "./pod-story.ts";

/** The seven steps as text, each line with its time since the request, its actor and its thread. */
export function podStoryText(subject: string, facts: readonly TracedFact[]): string {
  const startUs = latestLife(facts)[0]?.atUs ?? 0;
  const lines = [`The story of ${subject}, step by step (time since the request):`];
  for (const { number, title, lines: told } of podStory(facts)) {
    lines.push("", `${number}. ${title}${told.length === 0 ? ": not yet" : ""}`);
    for (const { atUs, actor, thread, text } of told) {
      lines.push(storyLine(atUs - startUs, actor, thread, text));
    }
  }
  return `${lines.join("\n")}\n`;
}

/** One line of a story: when, who and where, what. */
export function storyLine(sinceUs: number, actor: string, thread: string, text: string): string {
  return `   ${sinceText(sinceUs)}  ${`${actor} [${thread}]`.padEnd(34)}  ${text}`;
}

/** `+2.034421 s`, the digits aligned for the first 1,000 seconds. */
export function sinceText(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const fraction = String(us % 1_000_000).padStart(6, "0");
  return `+${`${seconds}.${fraction}`.padStart(10)} s`;
}
