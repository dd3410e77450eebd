import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LiveServer } from "./live-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const tables = "application/json;as=Table;v=v1;g=meta.k8s.io";

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
});
afterAll(() => server.stop());

describe("a watch", () => {
  test("is one JSON object a line: what there is, then what happens", async () => {
    await server.create(configMaps, aConfigMap("w1", "a"));
    const watch = await Watching.of(`${configMaps}?watch=true&labelSelector=set%3Da`);

    expect(await watch.next()).toMatchObject({
      type: "ADDED",
      object: { metadata: { name: "w1" } },
    });
    const { json } = await server.create(configMaps, aConfigMap("w2", "a"));
    expect(await watch.next()).toEqual({ type: "ADDED", object: json });
    await server.ask({ method: "PUT", path: `${configMaps}/w2`, body: aConfigMap("w2", "b") });
    const left = await watch.next();
    expect(left).toMatchObject({ type: "DELETED", object: { metadata: { labels: { set: "a" } } } });
    expect(Number(left.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(json.metadata.resourceVersion),
    );
    await server.ask({ method: "DELETE", path: `${configMaps}/w1` });
    expect(await watch.next()).toMatchObject({
      type: "DELETED",
      object: { metadata: { name: "w1" } },
    });
    watch.close();

    expect(watch.headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "no-cache, private",
      "transfer-encoding": "chunked",
    });
  });

  test("goes on after the revision of a list", async () => {
    const { json: list } = await server.get(configMaps);
    await server.create(configMaps, aConfigMap("later", "later"));

    const events = await server.watched(
      `${configMaps}?watch=true&timeoutSeconds=1&resourceVersion=${list.metadata.resourceVersion}`,
    );

    expect(events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ["ADDED", "later"],
    ]);
  });

  test.each([
    ["?watch=1", ""],
    ["?watch=bogus", ""],
    ["?watch", ""],
    ["?", "/watch"],
  ])("is begun by %s in any of these ways: path %j", async (query, prefix) => {
    const path = configMaps.replace("/v1/", `/v1${prefix}/`);
    const name = "fieldSelector=metadata.name%3Dkube-root-ca.crt";

    const events = await server.watched(`${path}${query}&timeoutSeconds=1&${name}`);

    expect(events.map(({ type }) => type)).toEqual(["ADDED"]);
  });

  test("of one name under the old path is about that object", async () => {
    const path = "/api/v1/watch/namespaces/default/configmaps/kube-root-ca.crt?timeoutSeconds=1";

    expect(await server.watched(path)).toMatchObject([
      { type: "ADDED", object: { metadata: { name: "kube-root-ca.crt" } } },
    ]);
  });

  test.each(["?watch=false", "?watch=0", "?watch=False"])("is not meant by %s", async (query) => {
    expect((await server.get(`${configMaps}${query}`)).json.kind).toBe("ConfigMapList");
  });

  test("ends after its timeout, cleanly, whatever happened", async () => {
    const { code, text } = await server.get(
      `${configMaps}?watch=true&timeoutSeconds=1&resourceVersion=99999999`,
    );

    expect([code, text]).toEqual([200, ""]);
  });

  test("ends when its client goes away, and nothing else does", async () => {
    const watch = await Watching.of(`${configMaps}?watch=true`);
    watch.close();

    await server.create(configMaps, aConfigMap("after", "after"));
    expect(await server.isWell()).toBe(true);
  });

  test("in the WatchList way says when it has told all there is", async () => {
    await server.create(configMaps, aConfigMap("listed", "listed"));
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

    const [added, end, ...more] = await server.watched(
      `${configMaps}?${query}&timeoutSeconds=1&labelSelector=set%3Dlisted`,
    );

    expect(added.type).toBe("ADDED");
    expect(end).toEqual({
      type: "BOOKMARK",
      object: {
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: {
          resourceVersion: expect.stringMatching(/^\d+$/),
          annotations: { "k8s.io/initial-events-end": "true" },
        },
      },
    });
    expect(more).toEqual([]);
  });

  test("in tables has the columns in its first event only", async () => {
    for (const name of ["t1", "t2"]) await server.create(configMaps, aConfigMap(name, "table"));
    const path = `${configMaps}?watch=true&timeoutSeconds=1&labelSelector=set%3Dtable`;

    const [first, second] = await server.watched(path, { accept: tables });

    expect(first).toMatchObject({
      type: "ADDED",
      object: { kind: "Table", apiVersion: "meta.k8s.io/v1", rows: [{}] },
    });
    expect(first.object.rows[0].cells.slice(0, 2)).toEqual(["t1", 0]);
    expect(first.object.columnDefinitions).toHaveLength(3);
    expect(second.object.columnDefinitions).toBeNull();
    expect(second.object.rows).toHaveLength(1);
    expect(second.object.metadata.resourceVersion).toBe(
      second.object.rows[0].object.metadata.resourceVersion,
    );
  });

  test("in tables carries as much of each object as is asked for", async () => {
    const path = `${configMaps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dkube-root-ca.crt`;

    const [none] = await server.watched(`${path}&includeObject=None`, { accept: tables });
    expect(none.object.rows[0].object).toBeNull();
    const [whole] = await server.watched(`${path}&includeObject=Object`, { accept: tables });
    expect(whole.object.rows[0].object.kind).toBe("ConfigMap");
  });

  test("in tables has bookmarks in a row of their own", async () => {
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const path = `${configMaps}?${query}&timeoutSeconds=1&labelSelector=nosuch`;

    const [bookmark] = await server.watched(path, { accept: tables });

    expect(bookmark).toMatchObject({
      type: "BOOKMARK",
      object: {
        kind: "Table",
        rows: [
          {
            cells: ["", null, null],
            object: {
              kind: "PartialObjectMetadata",
              metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
            },
          },
        ],
      },
    });
    expect(bookmark.object.columnDefinitions).toHaveLength(3);
  });

  test("of metadata has nothing else", async () => {
    const path = `${configMaps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dkube-root-ca.crt`;
    const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

    const [event] = await server.watched(path, { accept });

    expect(event.object.kind).toBe("PartialObjectMetadata");
    expect(Object.keys(event.object)).toEqual(["kind", "apiVersion", "metadata"]);
  });
});

/** A watch that goes on. */
class Watching {
  readonly headers: IncomingMessage["headers"];
  readonly #response: IncomingMessage;
  readonly #chunks: AsyncIterator<string>;
  #rest = "";

  private constructor(response: IncomingMessage) {
    this.#response = response.setEncoding("utf8");
    this.headers = response.headers;
    this.#chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  }

  static of(path: string): Promise<Watching> {
    return new Promise((resolve, reject) => {
      get(new URL(path, server.url), (response) => resolve(new Watching(response))).on(
        "error",
        reject,
      );
    });
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  async next(): Promise<any> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#chunks.next();
      if (done === true) throw new Error("the watch is over");
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return JSON.parse(line) as unknown;
  }

  close(): void {
    this.#response.destroy();
  }
}

function aConfigMap(name: string, set: string): object {
  return { metadata: { name, labels: { set } } };
}
