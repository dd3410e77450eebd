import { parseRfc3339, rfc3339, rfc3339Micro } from "../time.ts";
import { DecodeError } from "./decode-error.ts";

/**
 * A `metav1.Time` as Go writes back what it read: in UTC, parts of a second dropped, and null for
 * the zero time.
 *
 * @throws {DecodeError} `parsing time "zzz" as "2006-01-02T15:04:05Z07:00": cannot parse …`
 */
export function canonicalTime(text: string): string | null {
  if (plainTime.test(text) && text !== zeroTime) return text;
  const written = rfc3339(parseGoTime(text, layouts.time));
  return written === zeroTime ? null : written;
}

/** A `metav1.MicroTime`, which is read only with exactly six decimals. */
export function canonicalMicroTime(text: string): string | null {
  const written = rfc3339Micro(parseGoTime(text, layouts.microTime));
  return written === zeroMicroTime ? null : written;
}

/** Nearly every time there is; what is left are the last days of months and what is to be changed. */
const plainTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

const zeroTime = "0001-01-01T00:00:00Z";
const zeroMicroTime = "0001-01-01T00:00:00.000000Z";

const layouts = {
  time: "2006-01-02T15:04:05Z07:00",
  microTime: "2006-01-02T15:04:05.000000Z07:00",
};

/**
 * Microseconds since 1970. Looser than RFC 3339 where Go is: hours of one digit, a comma before the
 * decimals, offsets of 24 hours and 60 minutes.
 *
 * @see go `time/format.go`: `parse`
 */
function parseGoTime(text: string, layout: string): number {
  let rest = text;
  const failAt = (element: string, at = rest): DecodeError =>
    new DecodeError(
      `parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(at)} as ${quote(element)}`,
    );
  const failRange = (what: string): DecodeError =>
    new DecodeError(`parsing time ${quote(text)}: ${what} out of range`);
  const take = (pattern: RegExp, element: string): string => {
    const [found] = pattern.exec(rest) ?? [];
    if (found === undefined) throw failAt(element);
    rest = rest.slice(found.length);
    return found;
  };
  const takeNumber = (element: string, what: string, min: number, max: number): string => {
    const digits = take(element === "15" ? /^\d\d?/ : /^\d\d/, element);
    if (Number(digits) < min || Number(digits) > max) throw failRange(what);
    return digits.padStart(2, "0");
  };

  const year = take(/^\d{4}/, "2006");
  take(/^-/, "-");
  const month = takeNumber("01", "month", 1, 12);
  take(/^-/, "-");
  const day = take(/^\d\d/, "02");
  take(/^T/, "T");
  const hour = takeNumber("15", "hour", 0, 23);
  take(/^:/, ":");
  const minute = takeNumber("04", "minute", 0, 59);
  take(/^:/, ":");
  const second = takeNumber("05", "second", 0, 59);
  const fraction =
    layout === layouts.microTime
      ? take(/^[.,]\d{6}/, ".000000").slice(1)
      : (/^[.,](\d+)/.exec(rest)?.[1] ?? "");
  if (layout === layouts.time && fraction !== "") rest = rest.slice(fraction.length + 1);

  const beforeZone = rest;
  const zone = take(/^(?:Z|[\s\S]\d\d:\d\d)/, "Z07:00");
  const offsetHours = Number(zone.slice(1, 3));
  const offsetMinutes = Number(zone.slice(4, 6));
  if (offsetMinutes > 60) throw failRange("time zone offset minute");
  if (offsetHours > 24) throw failRange("time zone offset hour");
  if (!/^[Z+-]/.test(zone)) throw failAt("Z07:00", beforeZone);
  if (rest !== "") throw new DecodeError(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);

  const decimals = fraction.slice(0, 6).padEnd(6, "0");
  const clock = `${hour}:${minute}:${second}.${decimals}`;
  const localUs = parseRfc3339(`${year}-${month}-${day}T${clock}Z`);
  if (localUs === undefined) throw failRange("day");
  const offsetUs = (offsetHours * 60 + offsetMinutes) * 60_000_000;
  return zone.startsWith("-") ? localUs + offsetUs : localUs - offsetUs;
}

/** The `time` package quotes in a way of its own: bytes beyond printable ASCII as `\xNN`. */
function quote(text: string): string {
  const escaped = text.replace(/["\\]|[^ -~\u007f]+/gu, (part) =>
    part === '"' || part === "\\"
      ? `\\${part}`
      : [...new TextEncoder().encode(part)].map((byte) => `\\x${hex(byte)}`).join(""),
  );
  return `"${escaped}"`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
