import { describe, expect, test } from "vitest";
import type { ActorRef } from "../../../src/kernel/timeline.ts";
import { combineHashes, Trace } from "../../../src/kernel/trace.ts";
import { PodSubject } from "../../../workers/kubelet/pod-subject.ts";

const kubelet: ActorRef = { id: 1_000, name: "kubelet:node-1" };

describe("a pod as the subject of facts", () => {
  test("is hashed, and kept, as its text is", () => {
    const subject = new PodSubject("default", "web", "u-1");
    const [byText, bySubject] = [subject.text, subject].map((recorded) => {
      const trace = new Trace();
      trace.record(kubelet, 7, "podRunning", recorded, { ip: 1 });
      return trace;
    }) as [Trace, Trace];

    expect(subject.text).toBe("pods/default/web");
    expect(combineHashes([bySubject.hashes()])).toBe(combineHashes([byText.hashes()]));
    expect(bySubject.facts("pods/default/web")).toEqual(byText.facts());
  });

  test("is another one for another pod", () => {
    const hashes = ["web-0", "web-1"].map((name) => {
      const { high, low } = new PodSubject("default", name, "u-1");
      return `${high} ${low}`;
    });
    expect(new Set(hashes).size).toBe(2);
  });
});
