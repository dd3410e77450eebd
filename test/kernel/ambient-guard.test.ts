import { describe, expect, test } from "vitest";
import { createCluster } from "../../src/cluster/cluster.ts";
import { guardAmbientSources } from "../../src/kernel/ambient-guard.ts";
import { AmbientSourceError, unguarded } from "../../src/kernel/handling.ts";
import { Timeline } from "../../src/kernel/timeline.ts";
import { ambientSources } from "../determinism/ambient-sources.ts";

const api = { id: 2, name: "api-1" };

guardAmbientSources();

/** Has an actor do something, and returns what the window throws. */
function whatComesOf(handle: () => void): unknown {
  const timeline = new Timeline();
  timeline.setTimer(api, 1, handle);
  try {
    timeline.runBefore(10);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("an actor that is handling something is refused", () => {
  test.each(ambientSources)("$code, by its name", ({ ask, refusal }) => {
    const error = whatComesOf(ask);

    expect(error).toBeInstanceOf(AmbientSourceError);
    expect(error).toHaveProperty("message", `actor api-1 ${refusal}`);
  });

  test("what a weak reference points to, however long it has had it", () => {
    const reference = new WeakRef(api);

    expect(whatComesOf(() => reference.deref())).toHaveProperty(
      "message",
      "actor api-1 asked for garbage (WeakRef.deref): when it is collected differs from run to run",
    );
  });

  test("even if it swallows the refusal: the window ends with the first one", () => {
    const error = whatComesOf(() => {
      expect(() => Math.random()).toThrow(AmbientSourceError);
      expect(() => Date.now()).toThrow(AmbientSourceError);
    });

    expect(error).toHaveProperty("message", expect.stringContaining("(Math.random)"));
  });

  test("in a whole cluster, which ends its run", async () => {
    const cluster = await createCluster({ nodes: 1, threads: 0 });
    const { server, simulation } = cluster;
    simulation.timeline.input(simulation.openUs + 1_000, server.actor, () => Date.now());
    const error = await cluster.advance(1_000_000).catch((thrown: unknown) => thrown);
    await cluster.close();

    expect(String(error)).toContain("actor api-1 asked the machine for the time (Date.now)");
  });
});

describe("everybody else is answered as ever:", () => {
  test.each(ambientSources)("$code", ({ code, ask }) => {
    whatComesOf(() => Math.random());
    const answer = ask();
    clearInterval(answer as NodeJS.Timeout);

    expect(typeof answer).toBe(typeofAnswers[code] ?? "number");
  });

  test("an actor that makes a date of a number, which asks for nothing", () => {
    let text: string | undefined;
    const error = whatComesOf(() => (text = new Date(0).toISOString()));

    expect([error, text]).toEqual([undefined, "1970-01-01T00:00:00.000Z"]);
  });

  test("what is marked as deciding nothing", () => {
    let before: number | undefined;
    const error = whatComesOf(() => {
      before = unguarded(() => Date.now());
      Math.random();
    });

    expect(before).toBeGreaterThan(0);
    expect(error).toHaveProperty("message", expect.stringContaining("(Math.random)"));
  });

  test("whoever asks after a window that threw something else", () => {
    const error = whatComesOf(() => {
      throw new RangeError("else");
    });

    expect(error).toBeInstanceOf(RangeError);
    expect(Math.random()).toBeLessThan(1);
  });

  test("whoever looks closely: dates are dates, and classes can be extended", () => {
    class Day extends Date {}
    const date = new Date(7);

    expect(date).toBeInstanceOf(Date);
    expect(date.constructor).toBe(Date);
    expect(new Day(7)).toBeInstanceOf(Day);
    expect(new Day(7).getTime()).toBe(7);
    expect(Date.UTC(1970, 0, 1)).toBe(0);
    expect(setTimeout.name).toBe("setTimeout");
  });
});

const typeofAnswers: Readonly<Record<string, string>> = {
  "new Date()": "object",
  "Date()": "string",
  "process.hrtime()": "object",
  "process.hrtime.bigint()": "bigint",
  "crypto.randomUUID()": "string",
  "crypto.getRandomValues()": "object",
  "setTimeout()": "object",
  "setInterval()": "object",
  "setImmediate()": "object",
  "queueMicrotask()": "undefined",
  "new WeakRef()": "object",
  "new FinalizationRegistry()": "object",
};
