import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalQuantity,
  cpuMilli,
  parseQuantity,
  QuantityError,
  wholeUnits,
} from "../../src/api/quantity.ts";
import { vectors } from "./vectors.ts";

interface QuantityVector {
  readonly text: string;
  readonly canonical?: string;
  readonly milli?: number;
  readonly value?: number;
  readonly error?: string;
}

const recorded = vectors<QuantityVector>("quantities");

describe("a quantity", () => {
  test.each(recorded.filter(({ error }) => error === undefined))(
    "$text is read and shown as upstream does",
    ({ text, canonical, milli = 0, value }) => {
      expect(canonicalQuantity(text)).toBe(canonical);
      // Upstream's integers overflow where 64 bits end; ours do not.
      if (wholeUnits(text) < 2 ** 63) expect(wholeUnits(text)).toBe(value);
      if (wholeUnits(text) < 2 ** 53) expect(cpuMilli(text)).toBe(milli);
    },
  );

  test.each(recorded.filter(({ error }) => error !== undefined))(
    "'$text' is refused with upstream's words",
    ({ text, error }) => {
      expect(() => canonicalQuantity(text)).toThrow(new QuantityError(error));
    },
  );

  test("keeps its value when it is rewritten", () => {
    fc.assert(
      fc.property(aQuantity, (text) => {
        expect(parseQuantity(canonicalQuantity(text))).toBe(parseQuantity(text));
      }),
    );
  });

  test("is settled after one rewriting, but for the spellings upstream keeps", () => {
    fc.assert(
      fc.property(aQuantity, (text) => {
        const once = canonicalQuantity(text);
        expect(canonicalQuantity(once)).toBe(once);
      }),
    );
  });

  test("rounds away from zero to the unit it is asked for", () => {
    fc.assert(
      fc.property(aQuantity, (text) => {
        const nano = abs(parseQuantity(text));
        const milli = abs(BigInt(cpuMilli(text)));
        expect(milli * 1_000_000n >= nano && (milli - 1n) * 1_000_000n < nano).toBe(true);
      }),
    );
  });

  test("with an exponent no machine can have is refused at once", () => {
    expect(() => parseQuantity("1e999999999")).toThrow(QuantityError);
  });
});

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

const aQuantity = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.nat(999_999),
    fc.constantFrom("", ".5", ".25", ".125", ".0625"),
    fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E-3"),
  )
  .map((parts) => parts.join(""));
