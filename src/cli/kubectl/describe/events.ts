import type { Event } from "../../../api/objects.ts";
import { parseRfc3339 } from "../../../api/time.ts";
import { since } from "./lines.ts";

/** Oldest first. @see kubectl `describe/describe.go`: DescribeEvents; `util/event/sorted_event_list.go` */
export function eventLines(events: readonly Event[], nowUs: number): readonly string[] {
  if (events.length === 0) return ["Events:\t<none>"];
  const sorted = events.toSorted((a, b) => lastSeenUs(a) - lastSeenUs(b));
  return [
    "Events:",
    "  Type\tReason\tAge\tFrom\tMessage",
    "  ----\t------\t----\t----\t-------",
    ...sorted.map((event) => {
      const { type = "", reason = "", source, reportingComponent = "" } = event;
      const from = source?.component || reportingComponent;
      return `  ${type}\t${reason}\t${ageOf(event, nowUs)}\t${from}\t${messageOf(event)}`;
    }),
  ];
}

/** Events of the newer kind have no such time, and come first. */
function lastSeenUs({ lastTimestamp }: Event): number {
  return (lastTimestamp ? parseRfc3339(lastTimestamp) : undefined) ?? 0;
}

/** `5m (x3 over 10m)` for an event that has come again. */
function ageOf(event: Event, nowUs: number): string {
  const { series, count = 0, eventTime, firstTimestamp, lastTimestamp } = event;
  const first = since(eventTime ?? firstTimestamp, nowUs);
  if (series) return `${since(series.lastObservedTime, nowUs)} (x${series.count} over ${first})`;
  return count > 1 ? `${since(lastTimestamp, nowUs)} (x${count} over ${first})` : first;
}

function messageOf({ message = "", involvedObject }: Event): string {
  const { fieldPath = "" } = involvedObject;
  return fieldPath === "" ? message.trim() : `${fieldPath}: ${message.trim()}`;
}
