import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LiveServer, type Reply } from "./live-server.ts";
import { vectors } from "./vectors.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
});
afterAll(() => server.stop());

describe("a creation", () => {
  test("answers 201 with the object, its namespace from the path", async () => {
    const { code, json } = await server.ask({
      method: "POST",
      path: configMaps,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "made" }, data: { a: "b" } },
    });

    expect(code).toBe(201);
    expect(json).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "made", namespace: "default" },
      data: { a: "b" },
    });
  });

  test("knows kind and version from the path when the body says nothing", async () => {
    expect((await server.create(configMaps, { metadata: { name: "bare" } })).json).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
    });
  });

  test("takes nulls and empty parts for what they are: nothing", async () => {
    const { json } = await server.create(configMaps, {
      metadata: { name: "nulls", creationTimestamp: null, labels: null, annotations: {} },
      data: null,
    });

    expect(json.metadata.labels).toBeUndefined();
    expect(json.metadata.annotations).toBeUndefined();
    expect(json.data).toBeUndefined();
  });

  test.each([
    ["no content type", {}],
    ["JSON with a character set", { "content-type": "application/json; charset=utf-8" }],
    ["JSON in capitals", { "content-type": "Application/JSON" }],
  ])("takes %s as JSON", async (what, headers) => {
    const name = what.toLowerCase().replaceAll(" ", "-");
    const body = JSON.stringify({ metadata: { name } });

    expect((await server.ask({ method: "POST", path: configMaps, headers, body })).code).toBe(201);
  });

  test("takes YAML, and the last of two values unless it is to be strict", async () => {
    const yaml = (name: string, query = "") =>
      server.ask({
        method: "POST",
        path: `${configMaps}${query}`,
        headers: { "content-type": "application/yaml" },
        body: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata:\n  a: "1"\n  a: "2"\n`,
      });

    const lenient = await yaml("yaml");
    expect([lenient.code, lenient.json.data]).toEqual([201, { a: "2" }]);
    expect(lenient.headers["warning"]).toMatch(/^299 - "yaml: line 6: /);

    const strict = await yaml("strict", "?fieldValidation=Strict");
    expect(strict.code).toBe(400);
    expect(strict.json.message).toMatch(
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: line 6: /,
    );
  });

  test.each(
    vectors<{ readonly command: string; readonly path: string; readonly hex: string }>(
      "protobuf-bodies",
    ),
  )("takes the protobuf of `$command`", async ({ path, hex }) => {
    const { code, json } = await server.ask({
      method: "POST",
      path: `${path}?fieldManager=kubectl-create&fieldValidation=Strict`,
      headers: {
        "content-type": "application/vnd.kubernetes.protobuf",
        accept: "application/vnd.kubernetes.protobuf,application/json",
      },
      body: Buffer.from(hex, "hex"),
    });

    expect(code).toBe(201);
    expect(json.metadata.uid).toBeDefined();
    expect((await server.get(`${path}/${json.metadata.name}`)).json).toEqual(json);
  });

  test("warns of fields that nobody knows, once each, and ignores them", async () => {
    const sent = (name: string, query: string) =>
      server.ask({
        method: "POST",
        path: `${configMaps}${query}`,
        body: { metadata: { name }, bogus: 1, "wörld\n": 2, 'quo"te': 3 },
      });

    const { code, headers } = await sent("warned", "");
    expect(code).toBe(201);
    const warning = Buffer.from(headers["warning"] ?? "", "latin1").toString();
    expect(warning).toBe(
      '299 - "unknown field \\"bogus\\"", 299 - "unknown field \\"wörld\\\\n\\"", 299 - "unknown field \\"quo\\\\\\"te\\""',
    );
    expect((await server.get(`${configMaps}/warned`)).json.bogus).toBeUndefined();

    expect((await sent("silent", "?fieldValidation=Ignore")).headers["warning"]).toBeUndefined();
    expect((await sent("warned-too", "?fieldValidation=Warn")).headers["warning"]).toBeDefined();
    expect((await sent("strict", "?fieldValidation=Strict")).code).toBe(400);
  });

  test("with thousands of unknown fields warns of as many as a header holds", async () => {
    const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_none, n) => [`x${n}`, 1]));

    const { headers } = await server.create(configMaps, { metadata: { name: "many" }, ...unknown });

    expect(headers["warning"]?.length).toBeLessThan(8_192);
  });

  test("warns in characters beyond ASCII as UTF-8", async () => {
    const { headers } = await server.create(configMaps, { metadata: { name: "far" }, 日本: 1 });

    const warning = Buffer.from(headers["warning"] ?? "", "latin1").toString();
    expect(warning).toBe('299 - "unknown field \\"日本\\""');
  });
});

describe("a dry run", () => {
  test("answers as the real thing would and changes nothing", async () => {
    const question = { method: "POST", path: `${configMaps}?dryRun=All` };
    const { code, json } = await server.ask({ ...question, body: { metadata: { name: "dry" } } });

    expect(code).toBe(201);
    expect(json.metadata.resourceVersion).toBeUndefined();
    expect((await server.get(`${configMaps}/dry`)).code).toBe(404);
  });

  test("of a deletion may be asked for in the query or the body", async () => {
    await server.create(configMaps, { metadata: { name: "kept" } });
    const remove = (query: string, body?: object) =>
      server.ask({ method: "DELETE", path: `${configMaps}/kept${query}`, ...(body && { body }) });

    expect((await remove("?dryRun=All")).json.status).toBe("Success");
    expect((await remove("", { dryRun: ["All"] })).json.status).toBe("Success");
    expect((await server.get(`${configMaps}/kept`)).code).toBe(200);
  });

  test("of an eviction evicts nobody", async () => {
    await server.create(pods, aPod("stays"));
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "stays" } };

    const { code } = await server.ask({
      method: "POST",
      path: `${pods}/stays/eviction?dryRun=All`,
      body: eviction,
    });

    expect(code).toBe(201);
    expect((await server.get(`${pods}/stays`)).json.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe("a patch", () => {
  beforeAll(async () => {
    await server.create(pods, aPod("patched"));
    await server.create(configMaps, { metadata: { name: "patched", labels: { a: "1" } } });
  });

  test("merges, and takes away what it says is null", async () => {
    const { code, json } = await patch(`${configMaps}/patched`, "merge-patch+json", {
      metadata: { labels: { a: null, b: "2" } },
      data: { x: "y" },
    });

    expect(code).toBe(200);
    expect(json.metadata.labels).toEqual({ b: "2" });
    expect(json.data).toEqual({ x: "y" });
  });

  test("merges lists by their keys when it is strategic, as `kubectl set image` does", async () => {
    const { code, json } = await patch(`${pods}/patched`, "strategic-merge-patch+json", {
      spec: {
        $setElementOrder: undefined,
        "$setElementOrder/containers": [{ name: "main" }],
        containers: [{ name: "main", image: "nginx:1.27" }],
      },
    });

    expect(code).toBe(200);
    expect(json.spec.containers).toHaveLength(1);
    expect(json.spec.containers[0]).toMatchObject({ name: "main", image: "nginx:1.27" });
    expect(json.metadata.generation).toBe(2);
  });

  test("does one thing after the other when it is a list of operations", async () => {
    const { json } = await patch(`${configMaps}/patched`, "json-patch+json", [
      { op: "test", path: "/data/x", value: "y" },
      { op: "replace", path: "/data/x", value: "z" },
      { op: "add", path: "/metadata/annotations", value: { "example.com/a": "b" } },
      { op: "copy", from: "/data/x", path: "/data/copy" },
      { op: "remove", path: "/data/x" },
    ]);

    expect(json.data).toEqual({ copy: "z" });
    expect(json.metadata.annotations).toEqual({ "example.com/a": "b" });
  });

  test("that changes nothing keeps the revision", async () => {
    const { json: before } = await server.get(`${configMaps}/patched`);

    const { json } = await patch(`${configMaps}/patched`, "merge-patch+json", {
      data: before.data,
    });

    expect(json).toEqual(before);
  });

  test("of a status leaves the rest, and the other way round", async () => {
    const status = { phase: "Running", message: "patched" };
    const both = { spec: { terminationGracePeriodSeconds: 5 }, status };

    const { json } = await patch(`${pods}/patched/status`, "merge-patch+json", both);
    expect(json.status).toMatchObject(status);
    expect(json.spec.terminationGracePeriodSeconds).toBe(30);

    const main = await patch(`${pods}/patched`, "merge-patch+json", { status: { message: "no" } });
    expect(main.json.status.message).toBe("patched");
  });

  function patch(path: string, type: string, body: object): Promise<Reply> {
    const headers = { "content-type": `application/${type}` };
    return server.ask({ method: "PATCH", path, headers, body: JSON.stringify(body) });
  }
});

describe("an update", () => {
  test("replaces the object that was read, and not one that has changed since", async () => {
    const { json: created } = await server.create(configMaps, { metadata: { name: "read" } });
    const put = (data: object) =>
      server.ask({ method: "PUT", path: `${configMaps}/read`, body: { ...created, data } });

    const updated = await put({ a: "1" });
    expect([updated.code, updated.json.data]).toEqual([200, { a: "1" }]);
    const again = await put({ a: "2" });
    expect([again.code, again.json.reason]).toEqual([409, "Conflict"]);
  });

  test("fills in what only the path and the store know, as Helm leaves it to", async () => {
    const { json: created } = await server.create(configMaps, { metadata: { name: "helm" } });

    const { code, json } = await server.ask({
      method: "PUT",
      path: `${configMaps}/helm`,
      body: { metadata: { name: "helm", labels: { status: "deployed" } } },
    });

    expect(code).toBe(200);
    expect(json.metadata).toMatchObject({
      namespace: "default",
      uid: created.metadata.uid,
      labels: { status: "deployed" },
    });
  });

  test("finalizes a namespace under a path of its own", async () => {
    const { json } = await server.create("/api/v1/namespaces", { metadata: { name: "final" } });

    const reply = await server.ask({
      method: "PUT",
      path: "/api/v1/namespaces/final/finalize",
      body: { ...json, spec: { finalizers: ["kubernetes", "example.com/x"] } },
    });

    expect(reply.code).toBe(200);
    expect(reply.json.spec.finalizers).toEqual(["kubernetes", "example.com/x"]);
  });
});

describe("a deletion", () => {
  test("answers with a Status for most kinds, and with the object for some", async () => {
    const { json: created } = await server.create(configMaps, { metadata: { name: "gone" } });
    const { text } = await server.ask({ method: "DELETE", path: `${configMaps}/gone` });
    expect(text.trimEnd()).toBe(
      `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"gone","kind":"configmaps","uid":"${created.metadata.uid}"}}`,
    );

    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await server.create(accounts, { metadata: { name: "gone" } });
    const account = await server.ask({ method: "DELETE", path: `${accounts}/gone` });
    expect(account.json).toMatchObject({ kind: "ServiceAccount", metadata: { name: "gone" } });
  });

  test("answers with the object that stays", async () => {
    const metadata = { name: "stuck", finalizers: ["example.com/x"] };
    await server.create(configMaps, { metadata });

    const { json } = await server.ask({ method: "DELETE", path: `${configMaps}/stuck` });

    expect(json).toMatchObject({ kind: "ConfigMap", metadata: { deletionGracePeriodSeconds: 0 } });
  });

  test("takes its options in the body or the query, of the version of any group, in any encoding", async () => {
    const accepted: { query?: string; type?: string; body?: string | Uint8Array }[] = [
      { query: "?gracePeriodSeconds=0&propagationPolicy=Background" },
      { body: '{"propagationPolicy":"Background"}' },
      { body: '{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1"}' },
      { body: '{"kind":"DeleteOptions","apiVersion":"coordination.k8s.io/v1"}' },
      { type: "application/yaml", body: "propagationPolicy: Background\n" },
      {
        type: "application/vnd.kubernetes.protobuf",
        body: Buffer.from("6b3873000a130a027631120d44656c6574654f7074696f6e7312001a002200", "hex"),
      },
    ];
    for (const { query = "", type = "application/json", body } of accepted) {
      await server.create(configMaps, { metadata: { name: "optional" } });

      const { code } = await server.ask({
        method: "DELETE",
        path: `${configMaps}/optional${query}`,
        ...(body !== undefined && { headers: { "content-type": type }, body }),
      });

      expect(code, JSON.stringify({ query, type, body })).toBe(200);
    }
  });

  test("of a collection takes what is selected and answers with what it took", async () => {
    for (const name of ["x1", "x2", "x3"]) {
      const labels = { batch: name === "x3" ? "other" : "x" };
      await server.create(configMaps, { metadata: { name, labels } });
    }

    const { code, json } = await server.ask({
      method: "DELETE",
      path: `${configMaps}?labelSelector=batch%3Dx`,
    });

    expect([code, json.kind]).toEqual([200, "ConfigMapList"]);
    expect(json.items.map(({ metadata }: { metadata: object }) => metadata)).toMatchObject([
      { name: "x1" },
      { name: "x2" },
    ]);
    const { json: left } = await server.get(`${configMaps}?labelSelector=batch`);
    expect(left.items).toHaveLength(1);
  });

  test("of a collection in a dry run takes nothing", async () => {
    await server.create(configMaps, { metadata: { name: "y1", labels: { batch: "y" } } });

    const path = `${configMaps}?labelSelector=batch%3Dy`;
    await server.ask({ method: "DELETE", path: `${path}&dryRun=All` });

    expect((await server.get(path)).json.items).toHaveLength(1);
  });
});

describe("a binding and an eviction", () => {
  test("answer with a Status, and the pod has its node, then its end", async () => {
    const { spec } = aPod("bound");
    // It stays to be looked at, however fast its node is.
    await server.create(pods, { metadata: { name: "bound", finalizers: ["a.io/hold"] }, spec });
    const success = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      code: 201,
    };
    const post = (subresource: string, body: object) =>
      server.ask({ method: "POST", path: `${pods}/bound/${subresource}`, body });

    const bound = await post("binding", {
      metadata: { name: "bound" },
      target: { kind: "Node", name: "node-1" },
    });
    expect([bound.code, bound.json]).toEqual([201, success]);
    expect((await server.get(`${pods}/bound`)).json.spec.nodeName).toBe("node-1");

    const evicted = await post("eviction", {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "bound" },
    });
    expect([evicted.code, evicted.json]).toEqual([201, success]);
    expect((await server.get(`${pods}/bound`)).json.metadata.deletionTimestamp).toBeDefined();
  });
});

/** A pod that stays as it is written: of a scheduler that is not there. */
function aPod(name: string) {
  const containers = [{ name: "main", image: "nginx" }];
  return { metadata: { name }, spec: { containers, schedulerName: "mine" } };
}
