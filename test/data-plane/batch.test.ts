import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batch, noPod, noText } from "../../src/data-plane/batch.ts";

const startUs = 1_767_225_600_000_000;

const record = fc.record({
  atUs: fc.integer({ min: startUs, max: startUs + 1_000_000_000 }),
  kind: fc.integer({ min: 1, max: 255 }),
  node: fc.nat(200_000),
  pod: fc.oneof(fc.constant(noPod), fc.nat()),
  args: fc.array(fc.oneof(fc.maxSafeInteger(), fc.constant(Infinity)), { maxLength: 8 }),
  isBackground: fc.boolean(),
});

function read(batch: Batch) {
  return Array.from({ length: batch.length }, (_none, index) => ({
    atUs: batch.atUs(index),
    kind: batch.kind(index),
    node: batch.node(index),
    pod: batch.pod(index),
    args: Array.from({ length: 8 }, (_zero, position) => batch.argument(index, position)),
    isBackground: batch.isBackground(index),
  }));
}

describe("a batch", () => {
  test("gives back what was put in, however much that is", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 300 }), (records) => {
        const batch = new Batch();
        for (const { atUs, kind, node, pod, args, isBackground } of records) {
          batch.add(atUs, kind, node, pod, args, isBackground);
        }
        const padded = records.map((one) => ({
          ...one,
          args: [...one.args, ...Array.from({ length: 8 - one.args.length }, () => 0)],
        }));
        expect(read(batch)).toEqual(padded);
      }),
    );
  });

  test("grows past its first buffer and keeps what it has", () => {
    const batch = new Batch();
    for (let index = 0; index < 1_000; index++)
      batch.add(startUs + index, 1, index, noPod, [index]);

    expect(batch.length).toBe(1_000);
    expect([0, 63, 64, 65, 999].map((index) => batch.argument(index, 0))).toEqual([
      0, 63, 64, 65, 999,
    ]);
    expect(batch.atUs(999)).toBe(startUs + 999);
  });

  test("carries texts, each where its record refers to it; an empty one costs nothing", () => {
    const batch = new Batch();
    const texts = ["ErrImagePull", "", 'Back-off pulling image "中"'];
    batch.add(
      startUs,
      5,
      0,
      1,
      texts.map((text) => batch.addText(text)),
    );

    expect(texts.map((_text, position) => batch.text(batch.argument(0, position)))).toEqual(texts);
    expect(batch.addText("")).toBe(noText);
    expect(batch.release().texts).toHaveLength(2);
  });

  test("carries a text once, however often it is said", () => {
    const batch = new Batch();
    const references = ["Error", "default", "Error", "default"].map((text) => batch.addText(text));
    expect(references).toEqual([0, 1, 0, 1]);
    expect(batch.release().texts).toEqual(["Error", "default"]);
    batch.clear();

    expect(batch.addText("default")).toBe(0);
  });

  test("has nothing of an old record in a new one that says less", () => {
    const batch = new Batch();
    batch.add(startUs, 5, 1, 2, [1, 2, 3, 4, 5, 6, 7, 8]);
    batch.clear();
    batch.set(batch.begin(startUs, 6, 3, noPod, false), 7, 9);

    expect(read(batch)).toMatchObject([{ kind: 6, node: 3, args: [0, 0, 0, 0, 0, 0, 0, 9] }]);
  });

  test("is empty after it is cleared, in the same buffer", () => {
    const batch = new Batch();
    batch.add(startUs, 5, 1, 2, [batch.addText("old")]);
    const { buffer } = batch.release();
    batch.clear();
    expect(batch.length).toBe(0);
    batch.add(startUs + 1, 6, 3, 4, [batch.addText("new"), 7]);

    expect(read(batch)).toMatchObject([
      { atUs: startUs + 1, kind: 6, args: [0, 7, 0, 0, 0, 0, 0, 0] },
    ]);
    expect(batch.text(0)).toBe("new");
    expect(batch.release().buffer).toBe(buffer);
  });

  test("is made again from the parts a message carried", () => {
    const sent = new Batch();
    for (let index = 0; index < 100; index++)
      sent.add(startUs, 1, index, noPod, [sent.addText(`${index}`)]);
    const { buffer, length, texts } = structuredClone(sent.release());
    const received = new Batch(buffer, length, texts);

    expect(read(received)).toEqual(read(sent));
    expect(received.text(received.argument(99, 0))).toBe("99");
  });
});
