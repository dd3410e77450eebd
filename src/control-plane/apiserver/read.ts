import { expired, tooLargeResourceVersion } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { decodeContinueToken, encodeContinueToken } from "./continue-token.ts";
import { CompactedError } from "../store/store-errors.ts";
import { authorize } from "./authorize.ts";
import {
  listRevision,
  requireListOptions,
  requireWatchOptions,
  watchRevision,
} from "./list-options.ts";
import type { ListOptions, RequestContext, WatchOptions } from "./request.ts";
import { isSelected, parseSelection, type Selection } from "./selection.ts";
import type { ServerParts } from "./server-parts.ts";
import type { Answer } from "./storage.ts";
import type { WatchSink } from "./watch-cache.ts";

export interface ObjectList {
  readonly items: readonly StoredObject[];
  readonly revision: number;
  /** Empty after the last page. */
  readonly continue: string;
  /** Unknown when a selector is at work, as in Kubernetes. */
  readonly remainingItemCount: number | undefined;
}

export function getObject(
  parts: ServerParts,
  context: RequestContext,
  answer: Answer<KubeObject>,
): void {
  try {
    authorize(context, "get");
  } catch (refusal) {
    return answer(refusal as Error);
  }
  parts.storage.get(context, (error, stored) => answer(error, stored?.toObject()));
}

/** A list at one revision; with `limit`, page by page at the first page's revision. */
export function listObjects(
  parts: ServerParts,
  context: RequestContext,
  options: ListOptions,
  answer: Answer<ObjectList>,
): void {
  let listing: Listing;
  try {
    authorize(context, "list");
    listing = prepareListing(parts, context, options);
  } catch (refusal) {
    return answer(refusal as Error);
  }
  collect(parts, listing, [], answer);
}

/** Begins a watch; what goes wrong later is said through the sink. */
export function watchObjects(
  parts: ServerParts,
  context: RequestContext,
  options: WatchOptions,
  sink: WatchSink,
): () => void {
  authorize(context, "watch");
  requireWatchOptions(options);
  const { resource, namespace, name } = context;
  const { sendInitialEvents, allowWatchBookmarks } = options;
  const fieldSelector = name === "" ? options.fieldSelector : `metadata.name=${name}`;
  const selection = parseSelection(resource, namespace, options.labelSelector, fieldSelector);
  const revision = watchRevision(options.resourceVersion);
  const startsWithAll = sendInitialEvents ?? revision === 0;
  return parts.cacheOf(resource).watch(
    {
      selection,
      afterRevision: startsWithAll ? 0 : revision || parts.storage.store.revision,
      wantsBookmarks: allowWatchBookmarks,
      endsInitialEvents: sendInitialEvents === true && allowWatchBookmarks,
    },
    sink,
  );
}

interface Listing {
  readonly selection: Selection;
  readonly prefix: string;
  readonly startKey: string;
  readonly revision: number;
  /** 0 for all. */
  readonly limit: number;
  /** How many keys to read next; 0 for all. */
  readonly chunk: number;
}

/** A selector may leave out nearly everything: then more is read at a time, up to this. */
const chunkMax = 10_000;

function prepareListing(
  parts: ServerParts,
  context: RequestContext,
  options: ListOptions,
): Listing {
  const { resource, namespace } = context;
  requireListOptions(options);
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = options;
  const selection = parseSelection(resource, namespace, labelSelector, fieldSelector);
  const isOfOneNamespace = resource.namespaced && namespace !== "";
  const prefix = isOfOneNamespace ? `${resource.keyPrefix}${namespace}/` : resource.keyPrefix;
  const limit = Math.max(options.limit, 0);
  const listing = { selection, prefix, startKey: prefix, revision: 0, limit, chunk: limit };
  if (options.continue !== "") {
    const token = decodeContinueToken(options.continue);
    return { ...listing, startKey: prefix + token.start, revision: Math.max(token.revision, 0) };
  }
  const asked = listRevision(resourceVersion);
  const current = parts.storage.store.revision;
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  const isExact = resourceVersionMatch === "Exact" || (limit > 0 && resourceVersionMatch === "");
  return { ...listing, revision: isExact ? asked : 0 };
}

/** Reads on until the page is full. */
function collect(
  parts: ServerParts,
  listing: Listing,
  found: readonly StoredObject[],
  answer: Answer<ObjectList>,
): void {
  const { selection, startKey, prefix, revision, limit, chunk } = listing;
  parts.storage.list({ startKey, prefix, limit: chunk, revision }, (error, page) => {
    if (error instanceof CompactedError) return answer(historyIsGone(listing));
    if (error !== undefined || page === undefined) return answer(error);
    const items = [...found];
    for (const [index, { key, value }] of page.items.entries()) {
      if (!isSelected(selection, value)) continue;
      items.push(value);
      const remaining = page.remaining + page.items.length - index - 1;
      if (items.length !== limit || remaining === 0) continue;
      const isFiltered = selection.labels !== undefined || selection.fields.length > 0;
      return answer(undefined, {
        items,
        revision: page.revision,
        continue: continueAfter(key, prefix, page.revision),
        remainingItemCount: isFiltered ? undefined : remaining,
      });
    }
    const last = page.items.at(-1);
    if (page.remaining > 0 && last !== undefined) {
      const rest = { startKey: `${last.key}\0`, revision: page.revision };
      const next = { ...listing, ...rest, chunk: Math.min(chunk * 2, chunkMax) };
      return collect(parts, next, items, answer);
    }
    const isWhole = { continue: "", remainingItemCount: undefined };
    answer(undefined, { items, revision: page.revision, ...isWhole });
  });
}

function continueAfter(key: string, prefix: string, revision: number): string {
  return encodeContinueToken({ revision, start: `${key}\0`.slice(prefix.length) });
}

/** A client that was reading pages is told how to go on without one revision for all. */
function historyIsGone({ startKey, prefix }: Listing): Error {
  if (startKey === prefix) return expired("The resourceVersion for the provided list is too old.");
  const start = startKey.slice(prefix.length);
  return expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    { continue: encodeContinueToken({ revision: -1, start }) },
  );
}
