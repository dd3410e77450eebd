import { describe, expect, test } from "vitest";
import { type Batch, noPod } from "../../src/data-plane/batch.ts";
import type { StepResult } from "../../src/data-plane/protocol.ts";
import type { ShardLink } from "../../src/data-plane/shard-link.ts";
import { ShardPart } from "../../src/data-plane/shard-part.ts";

const startUs = 1_767_225_600_000_000;

/** A link to nowhere that keeps what it is asked and answers as told, at once or when told to. */
function aLink(isLate = false) {
  const steps: {
    readonly endUs: number;
    readonly kinds: readonly number[];
    readonly inbox: Batch;
  }[] = [];
  const answers: ((result: StepResult) => void)[] = [];
  const answer = (inbox: Batch, nextDueUs: number, isSettled = true): StepResult => {
    const outbox = inbox.clear();
    outbox.add(startUs, 9, 0, noPod, [outbox.addText("done")]);
    const factSum = { high: steps.length, low: 7 };
    return { outbox, nextDueUs, isSettled, factCount: steps.length, factSum };
  };
  const link: ShardLink = {
    threadName: "main",
    running: undefined,
    init: () => {},
    step: (endUs, inbox) => {
      const kinds = Array.from({ length: inbox.length }, (_none, index) => inbox.kind(index));
      steps.push({ endUs, kinds, inbox });
      return isLate
        ? new Promise((resolve) => void answers.push(resolve))
        : answer(inbox, startUs + 1_000_000);
    },
    hashes: () => [],
    inspectNode: () => undefined,
    inspectPod: () => undefined,
    decisions: () => ({ taken: {}, reads: [] }),
    close: () => {},
  };
  return { link, steps, answers, answer };
}

function send(part: ShardPart, atUs: number, kind = 4, isBackground = false): void {
  part.send(atUs, kind, 0, 1, isBackground, () => []);
}

describe("a shard as a part of a simulation", () => {
  test("is due when it starts, then when its shard says", () => {
    const { link } = aLink();
    const part = new ShardPart(link, startUs, () => {});
    expect(part.nextDueUs).toBe(startUs);
    void part.step(startUs + 10_000);

    expect(part.nextDueUs).toBe(startUs + 1_000_000);
  });

  test("is due when the first message on its way is, and not any more once that is handed over", () => {
    const { link, steps } = aLink();
    const part = new ShardPart(link, startUs, () => {});
    void part.step(startUs + 10_000);
    send(part, startUs + 30_000, 2);
    send(part, startUs + 20_000, 3);
    expect(part.nextDueUs).toBe(startUs + 20_000);
    void part.step(startUs + 25_000);

    expect(steps[1]).toMatchObject({ endUs: startUs + 25_000, kinds: [2, 3] });
    expect(part.nextDueUs).toBe(startUs + 1_000_000);
  });

  test("hands over what was reported, once per step", () => {
    const { link } = aLink();
    const reported: string[] = [];
    const part = new ShardPart(link, startUs, (outbox) => {
      reported.push(outbox.text(outbox.argument(0, 0)));
    });
    void part.step(startUs + 10_000);
    void part.step(startUs + 20_000);

    expect(reported).toEqual(["done", "done"]);
    expect(part.factCount).toBe(2);
    expect(part.factSum).toEqual({ high: 2, low: 7 });
  });

  test("keeps two buffers going to and fro, and makes no more", () => {
    const { link, steps } = aLink();
    const part = new ShardPart(link, startUs, () => {});
    for (let window = 0; window < 10; window++) void part.step(startUs + window);

    expect(new Set(steps.map(({ inbox }) => inbox)).size).toBe(2);
  });

  test("takes messages while a step is under way: they go with the next one", async () => {
    const { link, steps, answers, answer } = aLink(true);
    const part = new ShardPart(link, startUs, () => {});
    send(part, startUs + 5_000, 2);
    const stepped = part.step(startUs + 10_000);
    send(part, startUs + 15_000, 3);
    expect(part.nextDueUs).toBe(startUs);
    answers[0]?.(answer(steps[0]?.inbox as Batch, Infinity));
    await stepped;
    expect(part.nextDueUs).toBe(startUs + 15_000);
    void part.step(startUs + 20_000);

    expect(steps.map(({ kinds }) => kinds)).toEqual([[2], [3]]);
  });

  test("is settled when its shard is, and only background messages are on their way", () => {
    const { link } = aLink();
    const part = new ShardPart(link, startUs, () => {});
    expect(part.isSettled).toBe(false);
    void part.step(startUs + 10_000);
    expect(part.isSettled).toBe(true);
    send(part, startUs + 20_000, 4, true);
    expect(part.isSettled).toBe(true);
    send(part, startUs + 20_000);
    expect(part.isSettled).toBe(false);
    void part.step(startUs + 30_000);
    expect(part.isSettled).toBe(true);
  });

  test("is not settled while a step is under way", () => {
    const { link } = aLink(true);
    const part = new ShardPart(link, startUs, () => {});
    void part.step(startUs + 10_000);
    expect(part.isSettled).toBe(false);
  });

  test("fails when its link does", async () => {
    const { link } = aLink();
    const failing = { ...link, step: () => Promise.reject(new Error("the thread died")) };
    const part = new ShardPart(failing, startUs, () => {});

    await expect(part.step(startUs + 1)).rejects.toThrow("the thread died");
  });
});
