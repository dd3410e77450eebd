import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../../../../src/control-plane/store/file/bytes.ts";

const piece = fc.oneof(
  fc.record({ type: fc.constant("byte" as const), value: fc.nat(255) }),
  fc.record({ type: fc.constant("count" as const), value: fc.nat(2 ** 32 - 1) }),
  fc.record({ type: fc.constant("number" as const), value: fc.maxSafeInteger() }),
  fc.record({
    type: fc.constant("bigint" as const),
    value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  }),
  fc.record({ type: fc.constant("text" as const), value: fc.string({ unit: "grapheme" }) }),
  fc.record({
    type: fc.constant("bytes" as const),
    value: fc.uint8Array({ size: "large", maxLength: 3_000 }),
  }),
);

test("what is written is read, however much it is", () => {
  fc.assert(
    fc.property(
      fc.array(piece, { size: "large", maxLength: 300 }),
      fc.nat(4_096),
      (pieces, room) => {
        const writer = new ByteWriter();
        writer.skip(room);
        for (const { type, value } of pieces) (writer[type] as (some: unknown) => void)(value);
        const reader = new ByteReader(writer.take().subarray(room));
        for (const { type, value } of pieces) {
          const read = reader[type]();
          expect(read instanceof Uint8Array ? new Uint8Array(read) : read).toEqual(value);
        }
        expect(reader.isAtEnd).toBe(true);
        expect(writer.length).toBe(0);
      },
    ),
    { numRuns: 20 },
  );
});
