import { authorize } from "./authorize.ts";
import { requireWatchOptions, watchRevision } from "./list-options.ts";
import type { RequestContext, WatchOptions } from "./request.ts";
import { parseSelection } from "./selection.ts";
import type { ServerParts } from "./server-parts.ts";
import { storeFailure } from "./store-failure.ts";
import type { WatchSink } from "./watch-cache.ts";

/**
 * Begins a watch; what goes wrong later is said through the sink. One that sends all there is first
 * waits until the cache is as new as it was asked to be: as the store, without a revision.
 *
 * @throws {ApiError} When the watch cannot begin.
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go`, `Watch`
 */
export function watchObjects(
  parts: ServerParts,
  context: RequestContext,
  options: WatchOptions,
  sink: WatchSink,
): () => void {
  authorize(context, "watch");
  requireWatchOptions(options);
  const { resource, namespace, name } = context;
  const { resourceVersion, sendInitialEvents, allowWatchBookmarks } = options;
  const fieldSelector = name === "" ? options.fieldSelector : `metadata.name=${name}`;
  const selection = parseSelection(resource, namespace, options.labelSelector, fieldSelector);
  const revision = watchRevision(resourceVersion);
  const begin = (afterRevision: number): (() => void) =>
    parts.cacheOf(resource).watch(
      {
        selection,
        afterRevision,
        wantsBookmarks: allowWatchBookmarks,
        endsInitialEvents: sendInitialEvents === true && allowWatchBookmarks,
        specsOnly: options.specsOnly === true,
      },
      sink,
    );
  const { feed } = parts;
  if (sendInitialEvents === undefined) {
    if (feed.hasListed) return begin(revision);
    return eventually(sink, (go) =>
      feed.whenReached(0, (error) => go(error, () => begin(revision))),
    );
  }
  return eventually(sink, (go) => {
    if (sendInitialEvents) {
      const all = (error?: Error): void => go(error, () => begin(0));
      if (resourceVersion === "") feed.whenCurrent(all);
      else feed.whenReached(revision, all);
    } else if (revision > 0) {
      go(undefined, () => begin(revision));
    } else {
      feed.askRevision((error, current) => go(error, () => begin(current)));
    }
  });
}

/** A watch that may have to wait for its beginning, and may be ended before it. */
function eventually(
  sink: WatchSink,
  prepare: (go: (error: Error | undefined, begin: () => () => void) => void) => void,
): () => void {
  let stop: (() => void) | undefined;
  let isOver = false;
  prepare((error, begin) => {
    if (isOver) return;
    if (error === undefined) stop = begin();
    else sink.error(storeFailure(error).status);
  });
  return () => {
    isOver = true;
    stop?.();
  };
}
