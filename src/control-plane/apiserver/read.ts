import { expired, notFound } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { decodeContinueToken, encodeContinueToken } from "./continue-token.ts";
import { CompactedError } from "../store/store-errors.ts";
import { authorize } from "./authorize.ts";
import { listRevision, requireListOptions } from "./list-options.ts";
import type { ListOptions, RequestContext } from "./request.ts";
import { groupResourceOf, keyOf } from "./resource.ts";
import { isSelected, parseSelection, type Selection } from "./selection.ts";
import type { ServerParts } from "./server-parts.ts";
import type { Answer } from "./storage.ts";

export interface ObjectList {
  readonly items: readonly StoredObject[];
  readonly revision: number;
  /** Empty after the last page. */
  readonly continue: string;
  /** Unknown when a selector is at work, as in Kubernetes. */
  readonly remainingItemCount: number | undefined;
}

/** @param resourceVersion Empty for what the store has; otherwise as this server's cache has it. */
export function getObject(
  parts: ServerParts,
  context: RequestContext,
  resourceVersion: string,
  answer: Answer<KubeObject>,
): void {
  let revision: number;
  try {
    authorize(context, "get");
    revision = listRevision(resourceVersion);
  } catch (refusal) {
    return answer(refusal as Error);
  }
  if (resourceVersion === "") {
    return parts.storage.get(context, (error, stored) => answer(error, stored?.toObject()));
  }
  parts.feed.whenReached(revision, (error) => {
    if (error !== undefined) return answer(error);
    const { resource, namespace, name } = context;
    const stored = parts.cacheOf(resource).get(keyOf(resource, namespace, name));
    if (stored === undefined) return answer(notFound(groupResourceOf(resource), name));
    answer(undefined, stored.toObject());
  });
}

/**
 * A list at one revision; with `limit`, page by page at the first page's revision.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/cacher/delegator.go`: what is answered
 *   from the cache, and how old that may be
 */
export function listObjects(
  parts: ServerParts,
  context: RequestContext,
  options: ListOptions,
  answer: Answer<ObjectList>,
): void {
  let listing: Listing;
  try {
    authorize(context, "list");
    listing = prepareListing(context, options);
  } catch (refusal) {
    return answer(refusal as Error);
  }
  const { feed } = parts;
  const fromCache = (error?: Error): void => {
    if (error !== undefined) return answer(error);
    // A cache that is never behind has what the store has, which is in order.
    if (feed.isImmediate) return collect(parts, listing, [], answer);
    answer(undefined, pageOfCache(parts, context, listing));
  };
  switch (listing.from) {
    case "cache":
      return feed.whenReached(listing.revision, fromCache);
    case "cacheOnceCurrent":
      if (feed.isImmediate) return fromCache();
      return feed.askRevision((error, revision) => {
        if (error !== undefined) return answer(error);
        feed.whenReached(revision, (late) => {
          if (late === undefined) fromCache();
          // Who has no time to wait for a cache that is far behind is answered by the store.
          else collect(parts, listing, [], answer);
        });
      });
    case "store":
      collect(parts, listing, [], answer);
  }
}

interface Listing {
  readonly selection: Selection;
  readonly prefix: string;
  readonly startKey: string;
  readonly from: "store" | "cache" | "cacheOnceCurrent";
  /** Of a list from the store the very one, 0 for the latest; of one from the cache the oldest. */
  readonly revision: number;
  /** 0 for all. */
  readonly limit: number;
  /** How many keys to read next; 0 for all. */
  readonly chunk: number;
}

/** A selector may leave out nearly everything: then more is read at a time, up to this. */
const chunkMax = 10_000;

function prepareListing(context: RequestContext, options: ListOptions): Listing {
  const { resource, namespace } = context;
  requireListOptions(options);
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = options;
  const selection = parseSelection(resource, namespace, labelSelector, fieldSelector);
  const isOfOneNamespace = resource.namespaced && namespace !== "";
  const prefix = isOfOneNamespace ? `${resource.keyPrefix}${namespace}/` : resource.keyPrefix;
  // As upstream, which tells clients that any revision will do to take all of it.
  const limit = resourceVersion === "0" && options.continue === "" ? 0 : Math.max(options.limit, 0);
  const listing = { selection, prefix, startKey: prefix, revision: 0, limit, chunk: limit };
  if (options.continue !== "") {
    const token = decodeContinueToken(options.continue);
    const revision = Math.max(token.revision, 0);
    return { ...listing, from: "store", startKey: prefix + token.start, revision };
  }
  if (resourceVersion === "") return { ...listing, from: "cacheOnceCurrent" };
  const revision = listRevision(resourceVersion);
  const isExact = resourceVersionMatch === "Exact" || (limit > 0 && resourceVersionMatch === "");
  return { ...listing, from: isExact ? "store" : "cache", revision };
}

function pageOfCache(
  parts: ServerParts,
  { resource }: RequestContext,
  { selection, prefix, limit }: Listing,
): ObjectList {
  const cache = parts.cacheOf(resource);
  const { revision } = cache;
  const selected = cache.select(selection);
  const page = limit === 0 ? selected : selected.slice(0, limit);
  const items = page.map(([, stored]) => stored);
  const last = page.at(-1);
  if (page.length === selected.length || last === undefined) {
    return { items, revision, continue: "", remainingItemCount: undefined };
  }
  return {
    items,
    revision,
    continue: continueAfter(last[0], prefix, revision),
    remainingItemCount: isFiltered(selection) ? undefined : selected.length - page.length,
  };
}

/** Reads on until the page is full. */
function collect(
  parts: ServerParts,
  listing: Listing,
  found: readonly StoredObject[],
  answer: Answer<ObjectList>,
): void {
  const { selection, startKey, prefix, limit, chunk } = listing;
  const revision = listing.from === "store" ? listing.revision : 0;
  parts.storage.list({ startKey, prefix, limit: chunk, revision }, (error, page) => {
    if (error instanceof CompactedError) return answer(historyIsGone(listing));
    if (error !== undefined || page === undefined) return answer(error);
    const items = [...found];
    for (const [index, { key, value }] of page.items.entries()) {
      if (!isSelected(selection, value)) continue;
      items.push(value);
      const remaining = page.remaining + page.items.length - index - 1;
      if (items.length !== limit || remaining === 0) continue;
      return answer(undefined, {
        items,
        revision: page.revision,
        continue: continueAfter(key, prefix, page.revision),
        remainingItemCount: isFiltered(selection) ? undefined : remaining,
      });
    }
    const last = page.items.at(-1);
    if (page.remaining > 0 && last !== undefined) {
      const rest = { startKey: `${last.key}\0`, from: "store" as const, revision: page.revision };
      const next = { ...listing, ...rest, chunk: Math.min(chunk * 2, chunkMax) };
      return collect(parts, next, items, answer);
    }
    const isWhole = { continue: "", remainingItemCount: undefined };
    answer(undefined, { items, revision: page.revision, ...isWhole });
  });
}

/** What is left of a filtered list is not counted. */
function isFiltered({ labels, fields }: Selection): boolean {
  return labels !== undefined || fields.length > 0;
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
