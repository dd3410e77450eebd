const secondUs = 1_000_000;
const daySeconds = 86_400;

/** An instant as Kubernetes writes `metav1.Time`: `2026-11-22T14:13:40Z`, parts of a second dropped. */
export function rfc3339(epochUs: number): string {
  const seconds = Math.floor(epochUs / secondUs);
  const days = Math.floor(seconds / daySeconds);
  const { year, month, day } = civilFromDays(days);
  const rest = seconds - days * daySeconds;
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  return `${date}T${clock.map((part) => pad(part, 2)).join(":")}Z`;
}

/** An instant as Kubernetes writes `metav1.MicroTime`: `2026-11-22T14:13:40.123456Z`. */
export function rfc3339Micro(epochUs: number): string {
  const fraction = epochUs - Math.floor(epochUs / secondUs) * secondUs;
  return `${rfc3339(epochUs).slice(0, -1)}.${pad(fraction, 6)}Z`;
}

const rfc3339Pattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Microseconds since 1970, finer parts dropped; undefined when `text` is no RFC 3339 time. */
export function parseRfc3339(text: string): number | undefined {
  const match = rfc3339Pattern.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (offsetHours > 24 || offsetMinutes > 59) return undefined;
  const offsetSeconds = (offsetHours * 60 + offsetMinutes) * (match[8] === "-" ? -60 : 60);
  const clockSeconds = (hour * 60 + minute) * 60 + second - offsetSeconds;
  const fractionUs = Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
  return (daysFromCivil(year, month, day) * daySeconds + clockSeconds) * secondUs + fractionUs;
}

/**
 * A span as the `AGE` columns show it: two or three significant figures, `5m30s`, `3h`, `2d4h`.
 *
 * @see kubernetes `apimachinery/pkg/util/duration/duration.go`: `HumanDuration`
 */
export function humanDuration(us: number): string {
  const seconds = Math.trunc(us / secondUs);
  // Clocks of two machines differ a little, so a moment in the future still counts as now.
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return twoUnits(days, "d", hours % 24, "h");
  if (days < 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 365 * 8 ? twoUnits(years, "y", days % 365, "d") : `${years}y`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

const eraDays = 146_097; // 400 years: the Gregorian calendar's period
const epochDay = 719_468; // 1970-01-01, counted from 0000-03-01

/** Days since 1970-01-01. Years begin in March, so that the leap day comes last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * eraDays + yearOfEra * 365 + leapDays + dayOfYear - epochDay;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + epochDay;
  const era = Math.floor(shifted / eraDays);
  const dayOfEra = shifted - era * eraDays;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function daysInMonth(year: number, month: number): number {
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  return next - daysFromCivil(year, month, 1);
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
