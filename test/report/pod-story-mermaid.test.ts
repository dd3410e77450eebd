import { describe, expect, test } from "vitest";
import { podStoryMermaid } from "../../src/report/pod-story-mermaid.ts";
import type { TracedFact } from "../../src/report/pod-story.ts";
import { mermaidProblems } from "./mermaid-problems.ts";

const request: TracedFact = {
  atUs: 1_000_000,
  actor: "api-1",
  thread: "main",
  kind: "requestReceived",
  data: { verb: "create", path: "pods", client: "curl", user: "jane" },
};

describe("a pod's story as a Mermaid diagram", () => {
  test("of a pod that nobody has scheduled has no kubelet in it", () => {
    expect(podStoryMermaid([request])).toBe(`sequenceDiagram
  autonumber
  participant client as curl
  participant api as api-1 (main)
  participant scheduler as scheduler (main)
  Note over client,scheduler: 1. request
  client->>api: curl asks to create the pod, as jane (+0.000000s)
`);
  });

  test("can be read whatever a client calls itself", () => {
    const odd = { ...request, data: { ...request.data, client: "a#b;c", user: "d;#e" } };
    const diagram = podStoryMermaid([odd]);

    expect(mermaidProblems(diagram)).toEqual([]);
    expect(diagram).toContain("participant client as a#35;b#59;c\n");
    expect(diagram).toContain("a#35;b#59;c asks to create the pod, as d#59;#35;e");
  });
});
