import { latestLife, podStory, type TracedFact } from "./pod-story.ts";
import { storyLine } from "./pod-story-text.ts";

/** Tells the story while it happens: each call returns the lines that are new since the last. */
export class PodStoryTeller {
  #told = 0;
  #step = 0;

  newLines(facts: readonly TracedFact[]): readonly string[] {
    const startUs = latestLife(facts)[0]?.atUs ?? 0;
    const steps = podStory(facts);
    const lines = steps.flatMap((step) => step.lines.map((line) => ({ ...line, step })));
    const fresh = lines.slice(this.#told);
    this.#told = lines.length;
    return fresh.flatMap(({ step, atUs, actor, thread, text }) => {
      const line = storyLine(atUs - startUs, actor, thread, text);
      if (step.number === this.#step) return [line];
      this.#step = step.number;
      return [`${step.number}. ${step.title}`, line];
    });
  }
}
