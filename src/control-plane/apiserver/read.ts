import { badRequest, internalError, invalid, tooLargeResourceVersion } from "../../api/errors.ts";
import { forbiddenField } from "../../api/field-errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import { decodeContinueToken, encodeContinueToken } from "./continue-token.ts";
import { authorize } from "./authorize.ts";
import type { ListOptions, RequestContext, WatchOptions } from "./request.ts";
import { isSelected, parseSelection, type Selection } from "./selection.ts";
import type { ServerParts } from "./server-parts.ts";
import type { Answer } from "./storage.ts";
import type { WatchSink } from "./watch-cache.ts";

export interface ObjectList {
  readonly items: readonly KubeObject[];
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
  parts.storage.get(context, answer);
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
  collect(parts, context, listing, [], answer);
}

/** Begins a watch; what goes wrong later is said through the sink. */
export function watchObjects(
  parts: ServerParts,
  context: RequestContext,
  options: WatchOptions,
  sink: WatchSink,
): () => void {
  authorize(context, "watch");
  const { resource, namespace, name } = context;
  const fieldSelector = name === "" ? options.fieldSelector : `metadata.name=${name}`;
  const selection = parseSelection(resource, namespace, options.labelSelector, fieldSelector);
  const { sendInitialEvents, resourceVersionMatch } = options;
  requireWatchListOptions(options);
  const revision = parseRevision(options.resourceVersion, internalError);
  const startsWithAll = sendInitialEvents ?? revision === 0;
  return parts.cacheOf(resource).watch(
    {
      selection,
      afterRevision: startsWithAll ? 0 : revision || parts.storage.store.revision,
      wantsBookmarks: options.allowWatchBookmarks,
      endsInitialEvents: sendInitialEvents === true && resourceVersionMatch !== "",
    },
    sink,
  );
}

interface Listing {
  readonly selection: Selection;
  readonly prefix: string;
  readonly startKey: string;
  readonly revision: number;
  readonly limit: number;
}

function prepareListing(
  parts: ServerParts,
  context: RequestContext,
  options: ListOptions,
): Listing {
  const { resource, namespace } = context;
  const selection = parseSelection(
    resource,
    namespace,
    options.labelSelector,
    options.fieldSelector,
  );
  const prefix =
    resource.namespaced && namespace !== ""
      ? `${resource.keyPrefix}${namespace}/`
      : resource.keyPrefix;
  const { limit, resourceVersion, resourceVersionMatch } = options;
  if (resourceVersionMatch !== "" && resourceVersion === "" && options.continue === "") {
    throw invalidOptions(
      "resourceVersionMatch",
      "resourceVersionMatch is forbidden unless resourceVersion is provided",
    );
  }
  if (options.continue !== "") {
    const token = decodeContinueToken(options.continue);
    return { selection, prefix, startKey: prefix + token.start, revision: token.revision, limit };
  }
  const asked = parseRevision(resourceVersion, badRequest);
  const current = parts.storage.store.revision;
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  const isExact =
    asked > 0 && (resourceVersionMatch === "Exact" || (limit > 0 && resourceVersionMatch === ""));
  return { selection, prefix, startKey: prefix, revision: isExact ? asked : 0, limit };
}

/** Reads on until the page is full: a selector may leave a whole range of keys out. */
function collect(
  parts: ServerParts,
  context: RequestContext,
  listing: Listing,
  found: readonly KubeObject[],
  answer: Answer<ObjectList>,
): void {
  const { selection, prefix, startKey, revision, limit } = listing;
  const pageLimit = limit === 0 ? 0 : limit - found.length;
  parts.storage.list({ startKey, prefix, limit: pageLimit, revision }, (error, page) => {
    if (error !== undefined || page === undefined) return answer(error);
    const selected = page.items
      .map(({ value }) => value)
      .filter((object) => isSelected(context.resource, selection, object));
    const items = found.length === 0 ? selected : [...found, ...selected];
    const last = page.items.at(-1);
    if (limit === 0 || page.remaining === 0 || last === undefined) {
      return answer(undefined, {
        items,
        revision: page.revision,
        continue: "",
        remainingItemCount: undefined,
      });
    }
    const nextKey = `${last.key}\0`;
    if (items.length < limit) {
      const rest = { ...listing, startKey: nextKey, revision: page.revision };
      return collect(parts, context, rest, items, answer);
    }
    const isFiltered = selection.labels !== undefined || selection.fields.length > 0;
    answer(undefined, {
      items,
      revision: page.revision,
      continue: encodeContinueToken({
        revision: page.revision,
        start: nextKey.slice(prefix.length),
      }),
      remainingItemCount: isFiltered ? undefined : page.remaining,
    });
  });
}

/** @throws {ApiError} Made by `refuse`, for what is not a revision. */
function parseRevision(text: string, refuse: (message: string) => Error): number {
  if (text === "" || text === "0") return 0;
  const revision = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision)) {
    const value = JSON.stringify(text);
    throw refuse(
      `invalid resource version: resourceVersion: Invalid value: ${value}: strconv.ParseUint: parsing ${value}: invalid syntax`,
    );
  }
  return revision;
}

function requireWatchListOptions({ sendInitialEvents, resourceVersionMatch }: WatchOptions): void {
  if (sendInitialEvents === undefined) {
    if (resourceVersionMatch === "") return;
    throw invalidOptions(
      "resourceVersionMatch",
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  }
  if (resourceVersionMatch !== "NotOlderThan") {
    throw invalidOptions(
      "resourceVersionMatch",
      "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    );
  }
}

function invalidOptions(field: string, why: string): Error {
  return invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [forbiddenField(field, why)]);
}
