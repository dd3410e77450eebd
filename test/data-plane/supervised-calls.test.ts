import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { SupervisedCalls } from "../../src/data-plane/supervised-calls.ts";

const lateError = (method: string, ms: number) => new Error(`${method} is late: ${ms} ms`);
const never = new Promise<never>(() => {});

describe("supervised calls", () => {
  test("settle as the call does", async () => {
    const calls = new SupervisedCalls(lateError);

    expect(await calls.run("step", 60_000, Promise.resolve(3))).toBe(3);
    await expect(calls.run("step", 60_000, Promise.reject(new RangeError("no")))).rejects.toThrow(
      RangeError,
    );
  });

  test("are all rejected when one is late, those that come after it too", async () => {
    const calls = new SupervisedCalls(lateError);
    const other = calls.run("hashes", 60_000, never);
    const late = calls.run("step", 16, never);

    await expect(late).rejects.toThrow("step is late: 16 ms");
    await expect(other).rejects.toThrow("step is late: 16 ms");
    await expect(calls.run("step", 16, never)).rejects.toThrow("step is late: 16 ms");
  });

  test("are not late when this process slept, and the answer came meanwhile", async () => {
    const calls = new SupervisedCalls(lateError);
    const { port1: near, port2: far } = new MessageChannel();
    const answer = new Promise((resolve) => void near.once("message", resolve));
    const call = calls.run("step", 80, answer);
    // After this, timers come before messages.
    await new Promise((resolve) => void setImmediate(resolve));
    far.postMessage("here");
    // Longer than the deadline, without a turn for anything else.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);

    expect(await call).toBe("here");
    near.close();
  });

  test("tell the first failure, whatever comes later", async () => {
    const calls = new SupervisedCalls(lateError);
    calls.fail(new Error("first"));
    calls.fail(new Error("second"));

    await expect(calls.run("step", 60_000, never)).rejects.toThrow("first");
  });
});
