import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LiveServer, type Question } from "./live-server.ts";
import { vectors } from "./vectors.ts";

interface RecordedRefusal {
  readonly case: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly code: number;
  readonly answer: string;
}

const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const pods = "/api/v1/namespaces/default/pods";
const configMaps = "/api/v1/namespaces/default/configmaps";

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
});
afterAll(() => server.stop());

describe("a bad request is answered as the real server answers it", () => {
  beforeAll(async () => {
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "f1", labels: { a: "b" } },
      spec: { holderIdentity: "red", leaseTransitions: 1 },
    };
    await server.create(leases, lease);
  });

  test.each(vectors<RecordedRefusal>("refusals"))("$case", async (recorded) => {
    const { json: before } = await server.get(`${leases}/f1`);

    const { code, text, headers } = await server.ask(recorded);

    const current = /current: (\d+)/.exec(text)?.[1] ?? "";
    const expected = recorded.answer
      .replaceAll("{uid}", before.metadata.uid)
      .replaceAll("{resourceVersion}", before.metadata.resourceVersion)
      .replaceAll("{current}", current);
    expect(text.trimEnd()).toBe(expected.trimEnd());
    expect(code).toBe(recorded.code);
    expect(headers["cache-control"]).toBe("no-cache, private");
    expect((await server.get(`${leases}/f1`)).json).toEqual(before);
  });
});

describe("a request is refused", () => {
  test.each([
    ["GET", "/nosuch", 404, "404 page not found\n"],
    ["GET", "/apis/nosuch.io", 404, "404 page not found\n"],
    ["GET", "/api/v2", 404, "404 page not found\n"],
    ["GET", "/apis/nosuch.io/v1/things", 404, "404 page not found\n"],
  ])("as a page that is not there: %s %s", async (method, path, code, text) => {
    const reply = await server.ask({ method, path });

    expect([reply.code, reply.text]).toEqual([code, text]);
    expect(reply.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
  });

  test.each([
    ["an unknown kind", "GET", "/api/v1/namespaces/default/foos"],
    ["an unknown kind of the cluster", "GET", "/api/v1/foos"],
    ["an unknown subresource", "GET", `${pods}/web/nosuch`],
    ["one object without its namespace", "GET", "/api/v1/pods/web"],
    ["a kind of the cluster in a namespace", "GET", "/api/v1/namespaces/default/nodes"],
  ])("as a resource that is not there: %s", async (_what, method, path) => {
    const reply = await server.ask({ method, path });

    expect(reply.json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "the server could not find the requested resource",
      reason: "NotFound",
      details: {},
      code: 404,
    });
    expect(reply.code).toBe(404);
  });

  test.each([
    ["PUT", pods],
    ["PATCH", pods],
    ["POST", `${pods}/web`],
    ["OPTIONS", pods],
    ["POST", "/api/v1/pods"],
    ["DELETE", "/api/v1/pods"],
    ["DELETE", "/api/v1/namespaces"],
    ["DELETE", `${pods}/web/status`],
    ["GET", `${pods}/web/binding`],
    ["DELETE", "/api/v1/watch/namespaces/default/pods/web"],
    ["POST", "/version"],
    ["DELETE", "/api"],
    ["PUT", "/openapi/v3"],
  ])("as a method that is not there: %s %s", async (method, path) => {
    const reply = await server.ask({ method, path, body: {} });

    expect(reply.json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "the server does not allow this method on the requested resource",
      reason: "MethodNotAllowed",
      details: {},
      code: 405,
    });
    expect(reply.code).toBe(405);
  });

  test.each<[string, Question, number, string]>([
    [
      "a body of a kind that nobody knows",
      { path: pods, body: { apiVersion: "v1", kind: "Bar", metadata: { name: "x" } } },
      400,
      'Bar in version "v1" cannot be handled as a Pod: no kind "Bar" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      "a body of a version that nobody knows",
      { path: pods, body: { apiVersion: "v2", kind: "Pod", metadata: { name: "x" } } },
      400,
      'Pod in version "v2" cannot be handled as a Pod: no kind "Pod" is registered for version "v2" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      "a body of another kind",
      { path: pods, body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } } },
      400,
      'ConfigMap in version "v1" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): unknown conversion',
    ],
    [
      "a value of a wrong type",
      {
        path: pods,
        body: {
          kind: "Pod",
          apiVersion: "v1",
          metadata: { name: "x" },
          spec: { containers: "none" },
        },
      },
      400,
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      "a long malformed body, of which the beginning is shown",
      { path: pods, body: '{"apiVersion":"v1","kind":"Pod","metadata":nope}' },
      400,
      'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: invalid character \'o\' in literal null (expecting \'u\') ({"apiVersion":"v1","kind":"Pod ...)',
    ],
    [
      "a body that is not there",
      { path: pods },
      400,
      "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
    [
      "a body that is no object, whose bytes are shown",
      { path: pods, body: "[1]" },
      400,
      'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b315d)',
    ],
    [
      "YAML with a tab, by its line",
      {
        path: configMaps,
        headers: { "content-type": "application/yaml" },
        body: "kind: ConfigMap\nmetadata:\n\tname: x\n",
      },
      400,
      "the object provided is unrecognized (must be of type ConfigMap): yaml: line 3: found character that cannot start any token (6b696e643a20436f6e6669674d61700a6d657461646174613a0a096e616d ...)",
    ],
    [
      "a field label that no pod has",
      { method: "GET", path: `${pods}?fieldSelector=spec.zip%3Dx` },
      400,
      "field label not supported: spec.zip",
    ],
    [
      "an unknown part of an object for a Table",
      {
        method: "GET",
        path: `${pods}?includeObject=Bogus`,
        headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
      },
      400,
      "Unable to convert to Table as requested: includeObject: Invalid value: \"Bogus\": must be 'Metadata', 'Object', 'None', or empty",
    ],
    [
      "a timeout that is no number",
      { method: "GET", path: `${pods}?watch=true&timeoutSeconds=abc` },
      400,
      'strconv.ParseInt: parsing "abc": invalid syntax',
    ],
    [
      "a patch of a type that is none",
      { method: "PATCH", path: `${configMaps}/kube-root-ca.crt`, body: {} },
      415,
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
    ],
    [
      "an unknown dry run of a deletion",
      { method: "DELETE", path: `${configMaps}/kube-root-ca.crt`, body: { dryRun: ["Some"] } },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
    [
      "a protobuf body without its magic",
      {
        path: configMaps,
        headers: { "content-type": "application/vnd.kubernetes.protobuf" },
        body: "hello",
      },
      400,
      "the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (68656c6c6f)",
    ],
  ])("for %s", async (_what, question, code, message) => {
    const reply = await server.ask({ method: "POST", ...question });

    expect(reply.json.message).toBe(message);
    expect(reply.code).toBe(code);
  });

  test("and what a patch would make of an object is shown, with what is wrong in it", async () => {
    const patch = (type: string, body: string, query = "") =>
      server.ask({
        method: "PATCH",
        path: `${configMaps}/kube-root-ca.crt${query}`,
        headers: { "content-type": `application/${type}` },
        body,
      });

    const wrongType = await patch("strategic-merge-patch+json", '{"data":{"n":5}}');
    expect(wrongType.code).toBe(422);
    expect(wrongType.json.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[data:map[n:5]]": json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    );
    const unknown = await patch("merge-patch+json", '{"bogus":1}', "?fieldValidation=Strict");
    expect(unknown.code).toBe(422);
    expect(unknown.json.message).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{\\"apiVersion\\":\\"v1\\",.*\\"bogus\\":1.*\}": strict decoding error: unknown field "bogus"$/,
    );
    const warned = await patch("merge-patch+json", '{"bogus":1}');
    expect(warned.code).toBe(200);
    expect(warned.headers["warning"]).toBe('299 - "unknown field \\"bogus\\""');
  });

  test("before anything is written, when no answer would be acceptable", async () => {
    const question = {
      method: "POST",
      path: configMaps,
      headers: { accept: "text/html" },
      body: { metadata: { name: "unacceptable" } },
    };

    expect((await server.ask(question)).code).toBe(406);
    expect((await server.get(`${configMaps}/unacceptable`)).code).toBe(404);
  });

  test("as a watch in YAML, which has no lines to be read one by one", async () => {
    const { code, text } = await server.get(`${pods}?watch=true`, { accept: "application/yaml" });

    expect(code).toBe(406);
    expect(text).toContain(
      "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
    );
  });

  test("in YAML or indented, where the client reads that", async () => {
    const path = `${pods}/nosuch`;

    expect((await server.get(path, { accept: "application/yaml" })).text).toContain(
      "\nreason: NotFound\n",
    );
    expect((await server.get(path, { "user-agent": "curl/8.5.0" })).text).toMatch(
      /^\{\n {2}"kind": "Status",\n/,
    );
  });
});

describe("whatever a client sends", () => {
  beforeEach(async () => {
    expect(await server.isWell()).toBe(true);
  });

  test.each<[string, Question]>([
    [
      "bytes that are no UTF-8",
      { method: "POST", path: pods, body: Buffer.from([0xff, 0xfe, 0x00]) },
    ],
    ["a very deep object", { method: "POST", path: pods, body: '{"a":'.repeat(20_000) }],
    ["a very deep list", { method: "POST", path: pods, body: "[".repeat(100_000) }],
    ["a path that does not decode", { path: "/api/v1/namespaces/%zz/pods/%" }],
    ["a path of dots", { path: "/api/v1/namespaces/../pods" }],
    ["names of JavaScript", { path: "/api/v1/namespaces/__proto__/pods/constructor" }],
    ["a selector of brackets", { path: `${pods}?labelSelector=((((` }],
    [
      "a prototype in a patch",
      {
        method: "PATCH",
        path: "/api/v1/namespaces/default",
        headers: { "content-type": "application/json-patch+json" },
        body: '[{"op":"add","path":"/__proto__/polluted","value":1}]',
      },
    ],
    [
      "a prototype in a merge patch",
      {
        method: "PATCH",
        path: "/api/v1/namespaces/default",
        headers: { "content-type": "application/merge-patch+json" },
        body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      },
    ],
    [
      "protobuf that ends too soon",
      {
        method: "POST",
        path: configMaps,
        headers: { "content-type": "application/vnd.kubernetes.protobuf" },
        body: Buffer.from("6b387300ffffffffff", "hex"),
      },
    ],
    [
      "YAML that is an alias bomb",
      {
        method: "POST",
        path: configMaps,
        headers: { "content-type": "application/yaml" },
        body: aliasBomb(),
      },
    ],
  ])("it is answered, and so is the next: %s", async (_what, question) => {
    const { code } = await server.ask(question);

    expect(code).toBeGreaterThanOrEqual(200);
    expect(code).toBeLessThan(500);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(await server.isWell()).toBe(true);
  });
});

function aliasBomb(): string {
  const lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
  for (let level = 1; level < 12; level++) {
    const alias = `*a${level - 1}`;
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => alias).join(",")}]`);
  }
  return lines.join("\n");
}
