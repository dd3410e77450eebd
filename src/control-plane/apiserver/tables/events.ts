import type { Event, KubeObject } from "../../../api/objects.ts";
import { column, nameColumn, type Printer, since, wideColumn } from "./table.ts";

/** @see kubernetes `pkg/printers/internalversion/printers.go`: `printEvent` */
export const eventPrinter: Printer = {
  columns: [
    column("Last Seen", "How long ago this happened last."),
    column("Type", "Whether this is as it should be (Normal) or not (Warning)."),
    column("Reason", "What happened, in a word for programs."),
    column("Object", "What it happened to."),
    wideColumn("Subobject", "The part of it that is concerned."),
    wideColumn("Source", "Who reports it, and from where."),
    column("Message", "What happened, in words for people."),
    wideColumn("First Seen", "How long ago this happened first."),
    wideColumn("Count", "How often it has happened."),
    { ...nameColumn, priority: 1 },
  ],

  row(object: KubeObject, nowUs: number) {
    const event = object as unknown as Event;
    const { metadata, involvedObject, series } = event;
    const first = since(event.firstTimestamp ?? event.eventTime, nowUs);
    const last = event.lastTimestamp ? since(event.lastTimestamp, nowUs) : first;
    const kind = (involvedObject.kind ?? "").toLowerCase();
    return {
      cells: [
        series === undefined ? last : since(series.lastObservedTime, nowUs),
        event.type ?? "",
        event.reason ?? "",
        involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
        involvedObject.fieldPath ?? "",
        sourceOf(event),
        (event.message ?? "").trim(),
        first,
        series?.count ?? (event.count || 1),
        metadata.name ?? "",
      ],
    };
  },
};

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || "";
  const instance = source?.host || reportingInstance || "";
  return instance === "" ? component : `${component}, ${instance}`;
}
