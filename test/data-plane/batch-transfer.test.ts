import { MessageChannel, type MessagePort } from "node:worker_threads";
import * as Comlink from "comlink";
import { afterEach, describe, expect, test } from "vitest";
import { Batch, noPod } from "../../src/data-plane/batch.ts";
import { carryBatches } from "../../src/data-plane/batch-transfer.ts";
import type { StepResult } from "../../src/data-plane/protocol.ts";

const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** The far end of a channel that offers `shard`. */
function across<T>(shard: T): Comlink.Remote<T> {
  carryBatches();
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  Comlink.expose(shard, port2);
  return Comlink.wrap<T>(port1);
}

function aBatch(texts: readonly string[]): Batch {
  const batch = new Batch();
  for (const text of texts) batch.add(1, 2, 3, noPod, [batch.addText(text)]);
  return batch;
}

function textsOf(batch: Batch): readonly string[] {
  return Array.from({ length: batch.length }, (_none, index) =>
    batch.text(batch.argument(index, 0)),
  );
}

describe("a batch on its way to another thread", () => {
  test("arrives as a batch, with all that is in it", async () => {
    const shard = across({
      read: (batch: Batch) => [batch instanceof Batch, ...textsOf(batch)],
    });

    expect(await shard.read(aBatch(["a", "", "b"]))).toEqual([true, "a", "", "b"]);
  });

  test("hands its buffer over: the sender's is gone", async () => {
    const shard = across({ length: (batch: Batch) => batch.length });
    const batch = aBatch(["a"]);
    const { buffer } = batch.release();
    expect(buffer.byteLength).toBeGreaterThan(0);

    expect(await shard.length(batch)).toBe(1);
    expect(buffer.byteLength).toBe(0);
  });

  const factSum = { high: 4, low: 2 };

  test("comes back as the outbox of a step, in the same buffer, with all that goes with it", async () => {
    const left: ArrayBuffer[] = [];
    const shard = across({
      step(endUs: number, inbox: Batch): StepResult {
        const answers = textsOf(inbox).map((text) => text.toUpperCase());
        const outbox = inbox.clear();
        for (const text of answers) outbox.add(endUs, 1, 0, noPod, [outbox.addText(text)]);
        left.push(outbox.release().buffer);
        return { outbox, nextDueUs: Infinity, isSettled: true, factCount: 42, factSum };
      },
    });
    const { outbox, ...rest } = await shard.step(7, aBatch(["seen", "done"]));

    expect(outbox).toBeInstanceOf(Batch);
    expect(textsOf(outbox)).toEqual(["SEEN", "DONE"]);
    expect(outbox.atUs(1)).toBe(7);
    expect(rest).toEqual({ nextDueUs: Infinity, isSettled: true, factCount: 42, factSum });
    expect(left.map(({ byteLength }) => byteLength)).toEqual([0]);
  });

  test("can be filled and sent again and again", async () => {
    const shard = across({
      step: (_endUs: number, inbox: Batch): StepResult => {
        const count = inbox.length;
        const outbox = inbox.clear();
        for (let index = 0; index <= count; index++) outbox.add(0, 1, 0, noPod, []);
        return { outbox, nextDueUs: 0, isSettled: false, factCount: 0, factSum };
      },
    });
    let batch = new Batch();
    for (let round = 0; round < 200; round++) {
      batch = (await shard.step(0, batch)).outbox;
    }
    expect(batch.length).toBe(200);
  });
});
