/** What upstream answers to a quantity that is none. */
export const quantityPattern =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** A text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

/**
 * The value in nano-units, the finest that Kubernetes keeps: `1` is 10⁹, `250m` is 250 · 10⁶.
 *
 * Anything finer is rounded away from zero, so that whoever asks for a little gets a little.
 *
 * @see kubernetes `apimachinery/pkg/api/resource/quantity.go`
 */
export function parseQuantity(text: string): bigint {
  return parsed(text).nano;
}

/**
 * The form in which the API server shows a quantity: the largest suffix of the kind that was written
 * which leaves no fraction (`1024Mi` → `1Gi`, `0.5` → `500m`, `1000m` → `1`).
 */
export function canonicalQuantity(text: string): string {
  const { nano, form, isKept } = parsed(text);
  return isKept ? text : formatQuantity(nano, form);
}

/** How a quantity's suffix was written: `500M`, `512Mi` or `5e8`. Sums keep that of their first term. */
export type QuantityForm = "decimal" | "binary" | "exponent";

export function quantityForm(text: string): QuantityForm {
  return parsed(text).form;
}

/** A value in nano-units as a quantity in canonical form. */
export function formatQuantity(nano: bigint, form: QuantityForm): string {
  if (nano === 0n) return "0";
  if (form !== "binary" || isSmall(nano) || nano % nanoPerUnit !== 0n) {
    return withDecimalSuffix(nano, form === "exponent");
  }
  return withBinarySuffix(nano / nanoPerUnit);
}

/** Thousandths, rounded away from zero: the unit in which cpu is counted. Exact up to 2⁵³. */
export function cpuMilli(text: string): number {
  return Number(dividedAway(parseQuantity(text), nanoPerUnit / 1000n));
}

/** Whole units (bytes, pods), rounded away from zero. Exact up to 2⁵³. */
export function wholeUnits(text: string): number {
  return Number(dividedAway(parseQuantity(text), nanoPerUnit));
}

interface Parsed {
  readonly nano: bigint;
  readonly form: QuantityForm;
  /** Upstream keeps some spellings as they are, `1.500` and `0100Mi` among them. */
  readonly isKept: boolean;
}

const nanoPerUnit = 1_000_000_000n;
const int64Max = 2n ** 63n - 1n;

const syntax = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

const decimalExponents = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);

const binaryExponents = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);

/** Beyond this the real server computes numbers of any length; nobody has such a machine. */
const exponentMax = 300;

function parsed(text: string): Parsed {
  const match = syntax.exec(text);
  if (text === "" || match === null) throw new QuantityError(quantityPattern);
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  const { form, exponent } = interpretSuffix(suffix);
  const digits = BigInt(`${whole}${fraction}` || "0");
  const scale = form === "binary" ? 2n ** BigInt(exponent) : 1n;
  const power = 9 - fraction.length + (form === "binary" ? 0 : exponent);
  const exact = digits * scale;
  const size =
    power >= 0 ? exact * 10n ** BigInt(power) : dividedAway(exact, 10n ** BigInt(-power));
  const isCapped = form === "binary" && size > int64Max * nanoPerUnit;
  const capped = isCapped ? int64Max * nanoPerUnit : size;
  return {
    nano: sign === "-" ? -capped : capped,
    form,
    isKept: isCanonicalAsWritten(whole, fraction, form, exponent),
  };
}

function interpretSuffix(suffix: string): { form: QuantityForm; exponent: number } {
  const decimal = decimalExponents.get(suffix);
  if (decimal !== undefined) return { form: "decimal", exponent: decimal };
  const binary = binaryExponents.get(suffix);
  if (binary !== undefined) return { form: "binary", exponent: binary };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) {
    throw new QuantityError("unable to parse quantity's suffix");
  }
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > exponentMax) {
    throw new QuantityError("unable to parse quantity's suffix");
  }
  return { form: "exponent", exponent };
}

/**
 * Upstream's fast path reuses the text when a glance tells that it is canonical, and the glance is
 * wrong about leading zeros, a plus sign and trailing zeros of a fraction.
 */
function isCanonicalAsWritten(
  whole: string,
  fraction: string,
  form: QuantityForm,
  exponent: number,
): boolean {
  const digits = `${whole || "0"}${fraction}`;
  if (form === "binary") {
    const precision = 15 - (whole || "0").length - Math.trunc((exponent * 3) / 10) - 1;
    return fraction === "" && precision >= 0 && (BigInt(digits) & 7n) !== 0n;
  }
  const scale = exponent - fraction.length;
  return (
    digits.length <= 18 &&
    scale >= -9 &&
    scale % 3 === 0 &&
    !digits.endsWith("000") &&
    !digits.startsWith("0")
  );
}

/** Values below 1024 are shown in decimal even when they were written `0.5Ki`. */
function isSmall(nano: bigint): boolean {
  const limit = 1024n * nanoPerUnit;
  return nano > -limit && nano < limit;
}

function withDecimalSuffix(nano: bigint, asExponent: boolean): string {
  let mantissa = nano;
  let exponent = -9;
  while (mantissa % 1000n === 0n && (asExponent || exponent < 18)) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${suffixOf(decimalExponents, exponent)}`;
}

function withBinarySuffix(units: bigint): string {
  let mantissa = units;
  let exponent = 0;
  while (mantissa % 1024n === 0n && exponent < 60) {
    mantissa /= 1024n;
    exponent += 10;
  }
  return `${mantissa}${exponent === 0 ? "" : suffixOf(binaryExponents, exponent)}`;
}

function suffixOf(exponents: ReadonlyMap<string, number>, exponent: number): string {
  for (const [suffix, value] of exponents) if (value === exponent) return suffix;
  return "";
}

function dividedAway(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const remainder = value % divisor;
  if (remainder === 0n) return quotient;
  return remainder > 0n ? quotient + 1n : quotient - 1n;
}
