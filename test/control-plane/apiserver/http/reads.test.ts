import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LiveServer } from "./live-server.ts";

const configMaps = "/api/v1/namespaces/reads/configmaps";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
/** As kubectl asks. */
const tables = `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
  await server.create("/api/v1/namespaces", { metadata: { name: "reads" } });
  for (const name of ["a", "b", "c"]) {
    const metadata = { name, labels: { letter: name } };
    await server.create(configMaps, { metadata, data: { name } });
  }
});
afterAll(() => server.stop());

describe("an object", () => {
  test("is one line of JSON, its kind first, with the real server's headers", async () => {
    const { code, headers, text, json } = await server.get(`${configMaps}/a`);

    expect(code).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "no-cache, private",
      "content-length": String(Buffer.byteLength(text)),
    });
    expect(text).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"a",.*\}\n$/);
    expect(json.data).toEqual({ name: "a" });
  });

  test("is indented for people: with `pretty`, for curl, and not when they say no", async () => {
    const path = `${configMaps}/a`;
    const curl = { "user-agent": "curl/8.5.0" };
    const indented = /^\{\n {2}"kind": "ConfigMap",\n {2}"apiVersion": "v1",\n.*\}$/s;

    expect((await server.get(`${path}?pretty=true`)).text).toMatch(indented);
    expect((await server.get(path, curl)).text).toMatch(indented);
    expect((await server.get(path, { "user-agent": "Mozilla/5.0 (X11)" })).text).toMatch(indented);
    expect((await server.get(`${path}?pretty=false`, curl)).text).not.toMatch(indented);
    expect((await server.get(`${path}?pretty=maybe`, curl)).text).not.toMatch(indented);
    expect((await server.get(`${path}?pretty=`)).text).not.toMatch(indented);
  });

  test("is YAML for who asks for that", async () => {
    const { headers, text } = await server.get(`${configMaps}/a`, { accept: "application/yaml" });

    expect(headers["content-type"]).toBe("application/yaml");
    expect(text).toMatch(/^kind: ConfigMap\napiVersion: v1\nmetadata:\n {2}name: a\n/);
  });

  test("is JSON for whoever takes it among other things", async () => {
    for (const accept of [
      "application/json, */*;q=0.8",
      "application/vnd.kubernetes.protobuf,application/json",
      "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
      "*/*",
      "application/*",
      "",
    ]) {
      const { code, json } = await server.get(`${configMaps}/a`, { accept });
      expect([code, json.kind], accept).toEqual([200, "ConfigMap"]);
    }
  });

  test("is metadata alone for who asks for that", async () => {
    const { json } = await server.get(`${configMaps}/a`, {
      accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    });
    const { json: whole } = await server.get(`${configMaps}/a`);

    expect(json).toEqual({
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: whole.metadata,
    });
  });

  test("is a table of one row for kubectl", async () => {
    const { json } = await server.get(`${configMaps}/a`, { accept: tables });

    expect(json).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
    expect(json.metadata.resourceVersion).toBe(json.rows[0].object.metadata.resourceVersion);
    expect(json.rows).toHaveLength(1);
  });

  test("is asked for its head as for itself, without a body", async () => {
    const { headers } = await server.get(`${configMaps}/a`);
    const reply = await server.ask({ method: "HEAD", path: `${configMaps}/a` });

    expect(reply.code).toBe(200);
    expect(reply.text).toBe("");
    expect(reply.headers["content-length"]).toBe(headers["content-length"]);
    expect((await server.ask({ method: "HEAD", path: `${configMaps}/nosuch` })).code).toBe(404);
  });

  test("has its status under a path of its own", async () => {
    const { json } = await server.get("/api/v1/namespaces/reads/status");

    expect(json).toEqual((await server.get("/api/v1/namespaces/reads")).json);
  });
});

describe("a list", () => {
  test("has items without what the list says already", async () => {
    const { json } = await server.get(`${configMaps}?labelSelector=letter`);

    expect(json).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(Object.keys(json.metadata)).toEqual(["resourceVersion"]);
    expect(json.items.map(({ data }: { data: object }) => data)).toEqual([
      { name: "a" },
      { name: "b" },
      { name: "c" },
    ]);
    expect(json.items[0].kind).toBeUndefined();
    expect(json.items[0].apiVersion).toBeUndefined();
  });

  test("comes in pages of one revision while objects change", async () => {
    const { json: first } = await server.get(`${configMaps}?limit=2`);
    await server.create(configMaps, { metadata: { name: "bb" } });
    await server.ask({ method: "DELETE", path: `${configMaps}/bb` });
    const { json: second } = await server.get(
      `${configMaps}?limit=2&continue=${encodeURIComponent(first.metadata.continue)}`,
    );

    expect(namesOf(first)).toEqual(["a", "b"]);
    expect(first.metadata.remainingItemCount).toBe(2);
    expect(namesOf(second)).toEqual(["c", "kube-root-ca.crt"]);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  test("of the whole cluster has every namespace", async () => {
    const { json } = await server.get("/api/v1/configmaps?labelSelector=letter%20in%20(a,b)");

    expect(namesOf(json)).toEqual(["a", "b"]);
    expect(json.items[0].metadata.namespace).toBe("reads");
  });

  test("of a namespace that is not there is empty", async () => {
    const { code, json } = await server.get("/api/v1/namespaces/nosuch/pods");

    expect([code, json.items]).toEqual([200, []]);
  });

  test("of metadata alone, for who asks for that", async () => {
    const { json } = await server.get(`${configMaps}?limit=1`, {
      accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    });

    expect(json).toMatchObject({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: { remainingItemCount: 3 },
    });
    expect(json.items).toHaveLength(1);
    expect(Object.keys(json.items[0])).toEqual(["kind", "apiVersion", "metadata"]);
  });

  test("is compressed when it is long and the client reads that", async () => {
    const accept = { "accept-encoding": "gzip" };
    await server.create("/api/v1/namespaces", { metadata: { name: "long" } });
    await server.create("/api/v1/namespaces/long/configmaps", {
      metadata: { name: "long" },
      data: { long: "x".repeat(200_000) },
    });
    const path = "/api/v1/namespaces/long/configmaps";

    const reply = await server.get(path, accept);
    expect(reply.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(gunzipSync(reply.bytes).toString()).toBe((await server.get(path)).text);

    expect((await server.get(configMaps, accept)).headers["content-encoding"]).toBeUndefined();
  });
});

describe("a table", () => {
  test("has a kind's columns and a row an object, with its metadata", async () => {
    const { headers, json } = await server.get(`${configMaps}?labelSelector=letter=a`, {
      accept: tables,
    });

    expect(headers["content-type"]).toBe("application/json");
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      "Name",
      "Data",
      "Age",
    ]);
    expect(json.rows).toHaveLength(1);
    const [{ cells, object }] = json.rows;
    expect(cells.slice(0, 2)).toEqual(["a", 1]);
    expect(cells[2]).toMatch(/^\d+s$/);
    expect(object).toMatchObject({
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: { name: "a", namespace: "reads" },
    });
  });

  test("has the wide cells always: the client leaves them out", async () => {
    await server.create("/api/v1/namespaces/reads/pods", {
      metadata: { name: "web" },
      spec: { containers: [{ name: "main", image: "nginx" }] },
    });

    const { json } = await server.get("/api/v1/namespaces/reads/pods", { accept: tables });

    const wide = json.columnDefinitions.filter(
      ({ priority }: { priority: number }) => priority > 0,
    );
    expect(wide.map(({ name }: { name: string }) => name)).toEqual([
      "IP",
      "Node",
      "Nominated Node",
      "Readiness Gates",
    ]);
    expect(json.rows[0].cells).toHaveLength(json.columnDefinitions.length);
  });

  test("carries as much of each object as is asked for", async () => {
    const objectOf = async (includeObject: string): Promise<unknown> => {
      const path = `${configMaps}?limit=1${includeObject}`;
      return (await server.get(path, { accept: tables })).json.rows[0].object;
    };

    expect(await objectOf("&includeObject=None")).toBeNull();
    expect(await objectOf("&includeObject=Metadata")).toMatchObject({
      kind: "PartialObjectMetadata",
    });
    expect(await objectOf("")).toMatchObject({ kind: "PartialObjectMetadata" });
    expect(await objectOf("&includeObject=Object")).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      data: { name: "a" },
    });
  });

  test("is of the version that is asked for, and has pages as lists have", async () => {
    const { json } = await server.get(`${configMaps}?limit=1`, {
      accept: "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    });

    expect(json.apiVersion).toBe("meta.k8s.io/v1beta1");
    expect(json.rows[0].object.apiVersion).toBe("meta.k8s.io/v1beta1");
    expect(json.metadata.remainingItemCount).toBe(3);
    expect(json.metadata.continue).toBeDefined();
  });

  test("of nothing has columns and no rows", async () => {
    const { json } = await server.get(`${configMaps}?labelSelector=nosuch`, { accept: tables });

    expect(json.columnDefinitions).toHaveLength(3);
    expect(json.rows).toEqual([]);
  });
});

describe("what is no object", () => {
  test.each(["/healthz", "/livez", "/readyz"])("%s is ok", async (path) => {
    const { code, text, headers } = await server.get(path);

    expect([code, text]).toEqual([200, "ok"]);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
  });

  test("/version has the nine fields that clients read and the four of newer ones, all text", async () => {
    const { json } = await server.get("/version?timeout=32s");

    expect(Object.keys(json)).toEqual([
      "major",
      "minor",
      "emulationMajor",
      "emulationMinor",
      "minCompatibilityMajor",
      "minCompatibilityMinor",
      "gitVersion",
      "gitCommit",
      "gitTreeState",
      "buildDate",
      "goVersion",
      "compiler",
      "platform",
    ]);
    expect(Object.values(json).every((value) => typeof value === "string")).toBe(true);
    expect(json).toMatchObject({ major: "1", minor: "36", gitTreeState: "clean" });
    expect(json.gitVersion).toMatch(/^v1\.36\.0\+podrace\.\d+\.\d+\.\d+/);
    expect(json.buildDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(json.platform).toMatch(/^\w+\/\w+$/);
  });
});

function namesOf(list: { items: { metadata: { name: string } }[] }): string[] {
  return list.items.map(({ metadata }) => metadata.name);
}
