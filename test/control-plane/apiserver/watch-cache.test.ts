import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/api/objects.ts";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import type { Resource } from "../../../src/control-plane/apiserver/resource.ts";
import { isSelected, parseSelection } from "../../../src/control-plane/apiserver/selection.ts";
import {
  PlainObject,
  stampRevision,
  type StoredObject,
} from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { WatchCache } from "../../../src/control-plane/apiserver/watch-cache.ts";
import type { KeyValue } from "../../../src/control-plane/store/store.ts";
import { aConfigMap, aPod } from "./objects.ts";
import { RecordedWatch } from "./api-driver.ts";

const pods = kinds.find(({ plural }) => plural === "pods") as Resource;

describe("a watch", () => {
  test("says what became of each object, in the order of the store", () => {
    const { cache, put, drop } = aCache();
    const watch = watching(cache, { afterRevision: 1 });

    put(2, pod("web", "n1"));
    put(3, pod("web", "n2"));
    drop(4, "web");

    expect(watch.lines).toEqual(["ADDED web@2", "MODIFIED web@3", "DELETED web@4"]);
  });

  test("adds an object that starts to match and deletes one that stops, as it last matched", () => {
    const { cache, put, drop } = aCache();
    const watch = watching(cache, { afterRevision: 1, labels: "tier=front" });

    put(2, labelled("web", "back"));
    put(3, labelled("web", "front"));
    put(4, labelled("web", "front"));
    put(5, labelled("web", "back"));
    drop(6, "web");

    expect(watch.lines).toEqual(["ADDED web@3", "MODIFIED web@4", "DELETED web@5"]);
    expect(watch.objects.at(-1)?.metadata.labels).toEqual({ tier: "front" });
  });

  test("deletes with the last state, at the revision of the deletion", () => {
    const { cache, put, drop } = aCache();
    const watch = watching(cache, { afterRevision: 1 });

    put(2, pod("web", "n1"));
    drop(9, "web");

    expect(watch.objects.at(-1)).toEqual({
      ...pod("web", "n1"),
      metadata: { name: "web", namespace: "default", resourceVersion: "9" },
    });
  });

  test("goes on after the revision it names, and never tells anything twice", () => {
    const { cache, put } = aCache();
    put(2, pod("a", ""));
    put(3, pod("b", ""));
    put(4, pod("c", ""));

    const watch = watching(cache, { afterRevision: 2 });
    put(5, pod("d", ""));

    expect(watch.lines).toEqual(["ADDED b@3", "ADDED c@4", "ADDED d@5"]);
  });

  test("from 0 begins with all there is, sorted by namespace and name", () => {
    const { cache, put, drop } = aCache();
    put(2, pod("b", ""));
    put(3, pod("a", ""));
    put(4, pod("gone", ""));
    drop(5, "gone");
    put(6, { ...pod("a", ""), metadata: { name: "a", namespace: "aaa" } });

    const watch = watching(cache, { afterRevision: 0 });

    expect(watch.lines).toEqual(["ADDED a@6", "ADDED a@3", "ADDED b@2"]);
  });

  test("from a revision of the future waits for it", () => {
    const { cache, put } = aCache();
    const watch = watching(cache, { afterRevision: 3 });

    put(2, pod("a", ""));
    put(3, pod("b", ""));
    expect(watch.lines).toEqual([]);
    put(4, pod("c", ""));

    expect(watch.lines).toEqual(["ADDED c@4"]);
  });

  test("from before the server's own history is told to list again", () => {
    const { cache, put } = aCache(100);
    put(101, pod("a", ""));

    const watch = watching(cache, { afterRevision: 99 });
    put(102, pod("b", ""));

    expect(watch.lines).toEqual(["ERROR 410 too old resource version: 99 (100)"]);
    expect(cache.watchers).toBe(0);
  });

  test("resumes as far back as the last 8,192 changes, and not from what was forgotten", () => {
    const { cache, put } = aCache();
    for (let revision = 2; revision <= 16_385; revision++) put(revision, pod("busy", ""));
    const oldest = 8_193;

    expect(watching(cache, { afterRevision: oldest }).lines).toHaveLength(16_385 - oldest);
    expect(watching(cache, { afterRevision: oldest - 1 }).lines).toEqual([
      "ERROR 410 too old resource version: 8192 (8193)",
    ]);
  });

  test("hears nothing after it was stopped", () => {
    const { cache, put } = aCache();
    const watch = watching(cache, { afterRevision: 1 });

    watch.stop();
    put(2, pod("a", ""));

    expect(watch.lines).toEqual([]);
    expect(cache.watchers).toBe(0);
  });

  test("of one namespace hears nothing of the others", () => {
    const { cache, put } = aCache();
    const watch = watching(cache, { afterRevision: 1, namespace: "kube-system" });

    put(2, pod("a", ""));
    put(3, { ...pod("b", ""), metadata: { name: "b", namespace: "kube-system" } });

    expect(watch.lines).toEqual(["ADDED b@3"]);
  });
});

describe("a watcher of one node's pods", () => {
  test("hears of exactly its own, also of those that come and go", () => {
    const { cache, put, drop } = aCache();
    const watch = watching(cache, { afterRevision: 1, fields: "spec.nodeName=n1" });
    const other = watching(cache, { afterRevision: 1, fields: "spec.nodeName=n2" });

    put(2, pod("web", ""));
    put(3, pod("web", "n1"));
    put(4, pod("db", "n2"));
    put(5, pod("web", "n2"));
    drop(6, "db");
    drop(7, "web");

    expect(watch.lines).toEqual(["ADDED web@3", "DELETED web@5"]);
    expect(other.lines).toEqual(["ADDED db@4", "ADDED web@5", "DELETED db@6", "DELETED web@7"]);
  });

  test("hears what looking at every object before and after each change would tell it", () => {
    const nodeName = fc.constantFrom("", "n1", "n2");
    const steps = fc.array(
      fc.record({ name: fc.constantFrom("web", "db"), drops: fc.boolean(), nodeName }),
      { maxLength: 12 },
    );
    const selectors = fc.constantFrom(
      "spec.nodeName=n1",
      "spec.nodeName=n1,metadata.name=web",
      "metadata.name=web,status.phase!=Failed",
      "spec.nodeName=n1,spec.nodeName=n2",
      "spec.nodeName=",
      "spec.nodeName!=n1",
    );

    fc.assert(
      fc.property(steps, selectors, (changes, fields) => {
        const { cache, put, drop } = aCache();
        const watch = watching(cache, { afterRevision: 1, fields });
        const selection = parseSelection(pods, "", "", fields);
        const expected: string[] = [];
        const objects = new Map<string, KubeObject>();
        for (const [index, { name, drops, nodeName: node }] of changes.entries()) {
          const before = objects.get(name);
          if (drops && before === undefined) continue;
          const after = drops ? undefined : pod(name, node);
          const wasIn = before !== undefined && isSelected(selection, new PlainObject(before));
          const isIn = after !== undefined && isSelected(selection, new PlainObject(after));
          const type = isIn ? (wasIn ? "MODIFIED" : "ADDED") : wasIn ? "DELETED" : "";
          if (type !== "") expected.push(`${type} ${name}@${index + 2}`);
          if (after === undefined) {
            objects.delete(name);
            drop(index + 2, name);
          } else {
            objects.set(name, after);
            put(index + 2, after);
          }
        }
        expect(watch.lines).toEqual(expected);
      }),
    );
  });
});

describe("a watcher of specs only", () => {
  test("hears of nodes, specs and deletions, and not of statuses", () => {
    const { cache, put, drop } = aCache();
    const fields = "spec.nodeName=n1";
    const watch = watching(cache, { afterRevision: 1, fields, specsOnly: true });
    const bound = pod("web", "n1");
    const running = { ...bound, status: { phase: "Running" } };
    const metadata = { ...bound.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };

    put(2, pod("web", ""));
    put(3, bound);
    put(4, running);
    put(5, { ...running, spec: { ...(bound["spec"] as object), priority: 1 } });
    put(6, { ...bound, metadata });
    put(7, { ...bound, metadata, status: { phase: "Failed" } });
    drop(8, "web");

    expect(watch.lines).toEqual([
      "ADDED web@3",
      "MODIFIED web@5",
      "MODIFIED web@6",
      "MODIFIED web@7",
      "DELETED web@8",
    ]);
  });
});

describe("a bookmark", () => {
  test("says how far the cluster is, also when other kinds changed", () => {
    const { cache, put } = aCache();
    const watch = watching(cache, { afterRevision: 1, wantsBookmarks: true });
    const plain = watching(cache, { afterRevision: 1 });

    put(2, pod("a", ""));
    cache.advanceTo(7);
    cache.sendBookmarks();

    expect(watch.lines).toEqual(["ADDED a@2", "BOOKMARK 7"]);
    expect(plain.lines).toEqual(["ADDED a@2"]);
  });

  test("reaches watchers of one name or node too", () => {
    const { cache } = aCache();
    const byName = watching(cache, {
      afterRevision: 1,
      wantsBookmarks: true,
      fields: "metadata.name=a",
    });

    cache.sendBookmarks();

    expect(byName.lines).toEqual(["BOOKMARK 1"]);
  });

  test("ends the first part of a WatchList", () => {
    const { cache, put } = aCache();
    put(2, pod("a", ""));
    const watch = watching(cache, { afterRevision: 0, endsInitialEvents: true });

    put(3, pod("b", ""));

    expect(watch.lines).toEqual(["ADDED a@2", "BOOKMARK 2 initial-events-end", "ADDED b@3"]);
  });
});

describe("a cache", () => {
  test("has the objects as of the last change it heard of", () => {
    const { cache, put, drop } = aCache();
    put(2, pod("a", ""));
    put(3, pod("b", ""));
    drop(4, "a");

    expect([...cache.objects()].map(({ name }) => name)).toEqual(["b"]);
    expect(cache.get("/registry/pods/default/b")?.revision).toBe(3);
    expect(cache.get("/registry/pods/default/a")).toBeUndefined();
    expect(cache.revision).toBe(4);
  });

  test("of a kind without nodes looks up names alone", () => {
    const configMaps = kinds.find(({ plural }) => plural === "configmaps") as Resource;
    const cache = new WatchCache(configMaps, 1);
    const watch = new RecordedWatch();
    const selection = parseSelection(configMaps, "", "", "metadata.name=a");
    cache.watch(
      {
        selection,
        afterRevision: 1,
        wantsBookmarks: false,
        endsInitialEvents: false,
        specsOnly: false,
      },
      watch,
    );

    for (const name of ["a", "b"]) {
      const value = stamped(aConfigMap(name, {}, { namespace: "default" }), 2);
      cache.apply(change(`/registry/configmaps/default/${name}`, 2, value));
    }

    expect(watch.lines).toEqual(["ADDED a@2"]);
  });
});

function aCache(revision = 1) {
  const cache = new WatchCache(pods, revision);
  const keyOf = ({ namespace, name }: KubeObject["metadata"]): string =>
    `/registry/pods/${namespace}/${name}`;
  const stored = new Map<string, ReturnType<typeof change>["current"]>();
  const apply = (key: string, at: number, value: StoredObject | undefined): void => {
    const next = change(key, at, value, stored.get(key));
    stored.set(key, next.current);
    cache.apply(next);
  };
  return {
    cache,
    put: (at: number, object: KubeObject) => apply(keyOf(object.metadata), at, stamped(object, at)),
    drop: (at: number, name: string) => apply(`/registry/pods/default/${name}`, at, undefined),
  };
}

function change(
  key: string,
  revision: number,
  value: StoredObject | undefined,
  previous?: KeyValue<StoredObject>,
) {
  const current =
    value === undefined
      ? undefined
      : { key, value, createRevision: revision, modRevision: revision, version: 1, lease: 0n };
  const type = value === undefined ? ("delete" as const) : ("put" as const);
  return { type, key, revision, current, previous };
}

interface Watching {
  readonly afterRevision: number;
  readonly namespace?: string;
  readonly labels?: string;
  readonly fields?: string;
  readonly wantsBookmarks?: boolean;
  readonly endsInitialEvents?: boolean;
  readonly specsOnly?: boolean;
}

function watching(cache: WatchCache, given: Watching): RecordedWatch {
  const { namespace = "", labels = "", fields = "", ...start } = given;
  const watch = new RecordedWatch();
  watch.stop = cache.watch(
    {
      selection: parseSelection(pods, namespace, labels, fields),
      wantsBookmarks: false,
      endsInitialEvents: false,
      specsOnly: false,
      ...start,
    },
    watch,
  );
  return watch;
}

function pod(name: string, nodeName: string): KubeObject {
  return aPod(name, nodeName === "" ? {} : { nodeName }, { namespace: "default" });
}

function labelled(name: string, tier: string): KubeObject {
  return aPod(name, {}, { namespace: "default", labels: { tier } });
}

function stamped(object: KubeObject, revision: number): StoredObject {
  return stampRevision(new PlainObject(object), revision);
}
