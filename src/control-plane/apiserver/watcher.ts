import type { Change } from "../store/store.ts";
import { isSelected, type Selection, selectsAll } from "./selection.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import type { WatchSink, WatchStart } from "./watch-cache.ts";

/** A change with what was there before, if there was anything. */
export interface KnownChange extends Pick<Change<StoredObject>, "key" | "revision"> {
  readonly current: { readonly value: StoredObject } | undefined;
  readonly previous: { readonly value: StoredObject } | undefined;
}

/** One live watch, and what a change is to it. */
export class Watcher {
  readonly sink: WatchSink;
  readonly selection: Selection;
  readonly wantsBookmarks: boolean;
  readonly specsOnly: boolean;
  /** It was told of everything up to this revision. */
  readonly afterRevision: number;
  /** The one field that its selection demands a value of, if that is all it says. */
  readonly demands: string | undefined;
  readonly #isForAll: boolean;

  constructor(start: WatchStart, afterRevision: number, sink: WatchSink) {
    this.sink = sink;
    this.selection = start.selection;
    this.wantsBookmarks = start.wantsBookmarks;
    this.specsOnly = start.specsOnly;
    this.afterRevision = afterRevision;
    this.demands = onlyDemand(start.selection);
    this.#isForAll = selectsAll(start.selection);
  }

  offer(change: KnownChange): void {
    const current = change.current?.value;
    const previous = change.previous?.value;
    const { selection } = this;
    const isIn = current !== undefined && (this.#isForAll || isSelected(selection, current));
    const wasIn = previous !== undefined && (this.#isForAll || isSelected(selection, previous));
    this.tell(change, isIn, wasIn);
  }

  /** An object that starts to match is ADDED, whatever it was; one that stops is DELETED. */
  tell({ revision, current, previous }: KnownChange, isIn: boolean, wasIn: boolean): void {
    if (revision <= this.afterRevision) return;
    const { sink } = this;
    if (isIn && current !== undefined) sink.event(wasIn ? "MODIFIED" : "ADDED", current.value);
    else if (wasIn && previous !== undefined)
      sink.event("DELETED", previous.value.atRevision(revision));
  }
}

function onlyDemand({ namespace, labels, fields }: Selection): string | undefined {
  const [term] = fields;
  if (namespace !== "" || labels !== undefined || fields.length !== 1) return undefined;
  return term?.operator === "=" ? term.field : undefined;
}
