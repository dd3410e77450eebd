import { beforeEach, describe, expect, test } from "vitest";
import type { ApiError } from "../../../src/api/errors.ts";
import type { ObjectList } from "../../../src/control-plane/apiserver/read.ts";
import { askedList, type ListedObjects, type RecordedAnswer } from "./api-driver.ts";
import { aConfigMap, aNamespace, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServersUnderTest } from "./servers-under-test.ts";

let servers: ServersUnderTest;
beforeEach(() => {
  servers = new ServersUnderTest();
});

describe("a list of an API server that is behind", () => {
  test("at 0 is what its cache has, at the cache's revision", () => {
    const { first, second } = servers;
    const before = second.server.revision;
    first.create("configmaps", aConfigMap("a"));

    const behind = second.list("configmaps", { resourceVersion: "0" });
    expect([namesOf(behind), behind.revision]).toEqual([[], before]);
    servers.pass(0.1);
    const caughtUp = second.list("configmaps", { resourceVersion: "0" });
    expect([namesOf(caughtUp), caughtUp.revision]).toEqual([["a"], before + 1]);
  });

  test("without a revision waits until the cache has what the store had when it was asked", () => {
    const { first, second } = servers;
    first.create("configmaps", aConfigMap("a"));

    const list = askedList(second, "configmaps");
    servers.pass(0.099);
    expect(list).toEqual({});
    first.create("configmaps", aConfigMap("b"));
    servers.pass(0.001);

    expect(answered(list)).toEqual(["a"]);
  });

  test("without a revision is answered by the store when the cache is too far behind", () => {
    const { first, second } = servers;
    second.lagMs = 60_000;
    first.create("configmaps", aConfigMap("a"));

    const list = askedList(second, "configmaps");
    servers.pass(2.999);
    expect(list).toEqual({});
    servers.pass(0.001);

    expect(answered(list)).toEqual(["a"]);
  });

  test("not older than a revision waits for it, and no longer than three seconds", () => {
    const { first, second } = servers;
    const { metadata } = first.create("configmaps", aConfigMap("a"));
    const resourceVersion = metadata.resourceVersion as string;

    const soon = askedList(second, "configmaps", { resourceVersion });
    servers.pass(0.1);
    expect(answered(soon)).toEqual(["a"]);

    second.lagMs = 60_000;
    const current = second.server.revision;
    first.create("configmaps", aConfigMap("b"));
    const options = {
      resourceVersion: String(current + 1),
      resourceVersionMatch: "NotOlderThan",
      limit: 1,
    };
    const late = askedList(second, "configmaps", options);
    servers.pass(3);
    expect((late.error as ApiError).status).toMatchObject({
      code: 504,
      message: `Timeout: Too large resource version: ${current + 1}, current: ${current}`,
    });
  });

  test("of a very revision is that of the store", () => {
    const { first, second } = servers;
    const { metadata } = first.create("configmaps", aConfigMap("a"));
    first.create("configmaps", aConfigMap("b"));
    const resourceVersion = metadata.resourceVersion as string;

    const exact = second.list("configmaps", { resourceVersion, resourceVersionMatch: "Exact" });

    expect(namesOf(exact)).toEqual(["a"]);
  });

  test("in pages is of one revision, on whichever server they are read", () => {
    const { first, second, third } = servers;
    for (const name of ["a", "c", "e"]) first.create("configmaps", aConfigMap(name));
    servers.pass(0.1);
    second.lagMs = 60_000;
    first.create("configmaps", aConfigMap("b"));
    const { revision } = second.server;
    const options = { resourceVersion: String(revision), resourceVersionMatch: "NotOlderThan" };

    const page = second.list("configmaps", { ...options, limit: 1 });
    const rest = third.list("configmaps", { limit: 5, continue: page.continue });

    expect([namesOf(page), page.remainingItemCount]).toEqual([["a"], 2]);
    expect([namesOf(rest), rest.revision]).toEqual([["c", "e"], revision]);
  });

  test("has what its selectors select, in order", () => {
    const { first, second } = servers;
    first.create("namespaces", aNamespace("dev"));
    for (const name of ["b", "a"]) first.create("configmaps", aConfigMap(name));
    first.create("configmaps", aConfigMap("c"), { namespace: "dev" });
    servers.pass(0.1);
    const options = { resourceVersion: "0", fieldSelector: "metadata.name!=b" };

    expect(namesOf(second.list("configmaps", options, { namespace: "" }))).toEqual(["a", "c"]);
    expect(namesOf(second.list("configmaps", options))).toEqual(["a"]);
  });
});

describe("an object of an API server that is behind", () => {
  test("is the store's, or the cache's when any revision will do", () => {
    const { first, second } = servers;
    first.create("configmaps", aConfigMap("a"));
    const context = second.at("configmaps", { name: "a" });
    const got: unknown[] = [];
    const answer = (error?: Error): void => void got.push(error?.message ?? "found");

    second.server.get(context, answer);
    second.server.get(context, answer, "0");
    second.server.get(context, answer, String(first.server.revision));
    expect(got).toEqual(["found", 'configmaps "a" not found']);
    servers.pass(0.1);

    expect(got.slice(2)).toEqual(["found"]);
  });

  test("can be written by whoever knows its revision, on any server", () => {
    const { first, second } = servers;
    const created = first.create("configmaps", aConfigMap("a"));

    const replaced = second.replace("configmaps", { ...created, data: { by: "second" } });

    expect(first.get("configmaps", "a")).toEqual(replaced);
    expect(
      refusalOf(() => first.replace("configmaps", { ...created, data: { by: "first" } })).reason,
    ).toBe("Conflict");
  });

  test("can be made in a namespace the server has not heard of yet", () => {
    const { first, second } = servers;
    first.create("namespaces", aNamespace("dev"));
    first.create(
      "serviceaccounts",
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } },
      { namespace: "dev" },
    );

    second.create("pods", aPod("web"), { namespace: "dev" });

    expect(refusalOf(() => second.create("pods", aPod("web"), { namespace: "no" })).message).toBe(
      'namespaces "no" not found',
    );
  });

  test("gets a name of its own, though others get theirs elsewhere at the same time", () => {
    const { second, third } = servers;
    const unnamed = { ...aConfigMap(""), metadata: { generateName: "a-" } };

    const names = [second, third, second].map(
      (server) => server.create("configmaps", unnamed).metadata.name,
    );

    expect(new Set(names).size).toBe(3);
  });

  test("is a service with an address that no other has", () => {
    const { second, third } = servers;
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a" },
      spec: { clusterIP: "10.96.0.77", ports: [{ port: 80 }] },
    };
    second.create("services", service);

    const other = { ...service, metadata: { name: "b" } };
    expect(refusalOf(() => third.create("services", other)).message).toContain(
      "provided IP is already allocated",
    );
  });
});

describe("a client that moves to an API server that is behind", () => {
  test("goes back in time when any revision will do, and not when it asks for what is there", () => {
    const { first, second, third } = servers;
    first.create("pods", aPod("web"));
    servers.pass(0.1);
    third.lagMs = 60_000;
    first.remove("pods", "web", { gracePeriodSeconds: 0 });
    servers.pass(0.1);
    const seen = second.list("pods", { resourceVersion: "0" });
    expect(namesOf(seen)).toEqual([]);

    const past = third.list("pods", { resourceVersion: "0" });
    expect(namesOf(past)).toEqual(["web"]);
    expect(past.revision).toBeLessThan(seen.revision);
    const notOlder = askedList(third, "pods", { resourceVersion: String(seen.revision) });
    const consistent = askedList(third, "pods");
    servers.pass(3);

    expect((notOlder.error as ApiError).status.code).toBe(504);
    expect(answered(consistent)).toEqual([]);
  });
});

describe("a watch of an API server that is behind", () => {
  test("says what its cache comes to know, when it does, and bookmarks no more than that", () => {
    const { first, second } = servers;
    const since = second.server.revision;
    const watch = second.watch("configmaps", {
      resourceVersion: String(since),
      allowWatchBookmarks: true,
    });
    first.create("configmaps", aConfigMap("a"));

    expect(watch.lines).toEqual([]);
    servers.pass(0.1);
    expect(watch.taken()).toEqual([`ADDED a@${since + 1}`]);
    second.lagMs = 120_000;
    first.create("configmaps", aConfigMap("b"));
    servers.pass(60);
    expect(watch.lines).toEqual([`BOOKMARK ${since + 1}`]);
  });

  test("after a revision it has not reached says nothing up to there", () => {
    const { first, second } = servers;
    first.create("configmaps", aConfigMap("a"));
    const since = first.server.revision;
    first.create("configmaps", aConfigMap("b"));

    const watch = second.watch("configmaps", { resourceVersion: String(since) });
    servers.pass(0.1);

    expect(watch.lines).toEqual([`ADDED b@${since + 1}`]);
  });

  test("in the WatchList way begins once the cache has what the store had", () => {
    const { first, second } = servers;
    first.create("configmaps", aConfigMap("a"));
    const { revision } = first.server;
    const options = {
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: true,
    };

    const consistent = second.watch("configmaps", options);
    const notOlder = second.watch("configmaps", { ...options, resourceVersion: String(revision) });
    const any = second.watch("configmaps", { ...options, resourceVersion: "0" });
    const ended = second.watch("configmaps", options);
    ended.stop();
    expect(any.lines).toEqual([`BOOKMARK ${revision - 1} initial-events-end`]);
    servers.pass(0.1);

    const all = [`ADDED a@${revision}`, `BOOKMARK ${revision} initial-events-end`];
    expect([consistent.lines, notOlder.lines, ended.lines]).toEqual([all, all, []]);
    expect(any.lines.slice(1)).toEqual([`ADDED a@${revision}`]);
  });

  test("in the WatchList way is over when the cache does not come that far", () => {
    const { first, second } = servers;
    second.lagMs = 60_000;
    first.create("configmaps", aConfigMap("a"));
    const { revision } = first.server;

    const watch = second.watch("configmaps", {
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
    });
    servers.pass(3);

    expect(watch.lines).toEqual([
      `ERROR 504 Timeout: Too large resource version: ${revision}, current: ${revision - 1}`,
    ]);
  });

  test("without initial events begins at what the store has", () => {
    const { first, second } = servers;
    first.create("configmaps", aConfigMap("a"));
    const watch = second.watch("configmaps", {
      sendInitialEvents: false,
      resourceVersionMatch: "NotOlderThan",
    });
    const { metadata } = first.create("configmaps", aConfigMap("b"));
    servers.pass(0.1);

    expect(watch.lines).toEqual([`ADDED b@${metadata.resourceVersion}`]);
  });
});

describe("an API server that is cut off from the store's watch", () => {
  test("goes on where it was, without a gap, once it hears of it again", () => {
    const { first, second } = servers;
    const since = second.server.revision;
    const watch = second.watch("configmaps", { resourceVersion: String(since) });
    second.isCut = true;
    for (const name of ["a", "b"]) first.create("configmaps", aConfigMap(name));
    servers.pass(10);
    expect(watch.lines).toEqual([]);

    second.isCut = false;
    first.create("configmaps", aConfigMap("c"));
    servers.pass(2);

    expect(watch.lines).toEqual(
      ["a", "b", "c"].map((name, at) => `ADDED ${name}@${since + 1 + at}`),
    );
  });

  test("does not believe that it is current while it is not", () => {
    const { first, second } = servers;
    second.isCut = true;
    first.create("configmaps", aConfigMap("a"));
    second.isCut = false;

    const list = askedList(second, "configmaps", {
      resourceVersion: String(first.server.revision),
    });
    servers.pass(0.5);
    expect(list).toEqual({});
    servers.pass(1);

    expect(answered(list)).toEqual(["a"]);
  });

  test("begins anew when what it missed is compacted, and ends its watches with a 410", () => {
    const { first, second } = servers;
    const since = second.server.revision;
    const watch = second.watch("configmaps", { resourceVersion: String(since) });
    second.isCut = true;
    first.create("configmaps", aConfigMap("a"));
    first.create("configmaps", aConfigMap("b"));
    first.remove("configmaps", "a");
    const { revision } = servers.store;
    servers.store.compact(revision, () => {});
    second.isCut = false;
    servers.pass(2);

    expect(watch.lines).toEqual([`ERROR 410 too old resource version: ${since} (${revision})`]);
    expect(namesOf(second.list("configmaps", { resourceVersion: "0" }))).toEqual(["b"]);
    expect(second.watch("configmaps", { resourceVersion: String(since) }).lines).toEqual(
      watch.lines,
    );
    first.create("configmaps", aConfigMap("c"));
    servers.pass(0.1);
    expect(namesOf(second.list("configmaps", { resourceVersion: "0" }))).toEqual(["b", "c"]);
  });
});

function namesOf({ items }: ListedObjects): (string | undefined)[] {
  return items.map(({ metadata }) => metadata.name);
}

function answered({ result }: RecordedAnswer<ObjectList>): readonly string[] | undefined {
  return result?.items.map(({ name }) => name);
}
