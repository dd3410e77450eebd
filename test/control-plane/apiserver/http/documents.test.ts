import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LiveServer } from "./live-server.ts";

const aggregated =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
});
afterAll(() => server.stop());

describe("discovery", () => {
  test.each(["/api", "/apis"])("of %s is one document for clients that ask so", async (path) => {
    const { code, headers, json } = await server.get(`${path}?timeout=32s`, { accept: aggregated });

    expect(code).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
      etag: expect.stringMatching(/^"[0-9A-F]{128}"$/),
      vary: "Accept",
    });
    expect(json).toMatchObject({
      kind: "APIGroupDiscoveryList",
      apiVersion: "apidiscovery.k8s.io/v2",
      metadata: {},
    });
  });

  test("of a client that knows the beta only is in its words", async () => {
    const accept =
      "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
    const { headers, json } = await server.get("/api", { accept });

    expect(headers["content-type"]).toContain("v=v2beta1");
    expect(json.apiVersion).toBe("apidiscovery.k8s.io/v2beta1");
  });

  test("is not sent again to a client that has it", async () => {
    const { headers } = await server.get("/apis", { accept: aggregated });
    const known = { accept: aggregated, "if-none-match": headers.etag ?? "" };

    const reply = await server.get("/apis", known);
    expect([reply.code, reply.text]).toEqual([304, ""]);
    expect(reply.headers.etag).toBe(headers.etag);

    const other = await server.get("/apis", { accept: aggregated, "if-none-match": '"OTHER"' });
    expect(other.code).toBe(200);
  });

  test("of the old kind names the versions, groups and resources one by one", async () => {
    const { json: versions } = await server.get("/api");
    expect(versions).toEqual({
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [
        { clientCIDR: "0.0.0.0/0", serverAddress: new URL(server.url).host },
      ],
    });

    const { json: groups } = await server.get("/apis");
    const group = {
      name: "coordination.k8s.io",
      versions: [{ groupVersion: "coordination.k8s.io/v1", version: "v1" }],
      preferredVersion: { groupVersion: "coordination.k8s.io/v1", version: "v1" },
    };
    expect(groups).toEqual({ kind: "APIGroupList", apiVersion: "v1", groups: [group] });
    const { json: one } = await server.get("/apis/coordination.k8s.io");
    expect(one).toEqual({ kind: "APIGroup", apiVersion: "v1", ...group });

    const { json: core } = await server.get("/api/v1");
    expect(core).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    expect(core.apiVersion).toBeUndefined();
    const { json: leases } = await server.get("/apis/coordination.k8s.io/v1/");
    expect(leases).toMatchObject({ apiVersion: "v1", groupVersion: "coordination.k8s.io/v1" });
  });

  test("is JSON of the old kind for one group, whatever the client would like better", async () => {
    const { headers, json } = await server.get("/api/v1", { accept: aggregated });

    expect(headers["content-type"]).toBe("application/json");
    expect(json.kind).toBe("APIResourceList");
  });

  test("knows no custom resources", async () => {
    const { json } = await server.get(
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=500",
    );

    expect(json).toMatchObject({ kind: "CustomResourceDefinitionList", items: [] });
  });
});

describe("OpenAPI", () => {
  test("has an index of the group versions, each under its hash", async () => {
    const { json } = await server.get("/openapi/v3?timeout=32s");

    expect(Object.keys(json.paths)).toEqual(["api/v1", "apis/coordination.k8s.io/v1"]);
    const { serverRelativeURL } = json.paths["api/v1"];
    expect(serverRelativeURL).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{128}$/);
  });

  test("is kept for good under its hash", async () => {
    const { json: index } = await server.get("/openapi/v3");
    const path = index.paths["api/v1"].serverRelativeURL;

    const { code, headers, json } = await server.get(path);

    expect(code).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "public, immutable",
      etag: `"${path.split("hash=")[1]}"`,
      vary: "Accept",
    });
    expect(json.openapi).toBe("3.0.0");

    const known = await server.get(path, { "if-none-match": headers.etag ?? "" });
    expect([known.code, known.text]).toEqual([304, ""]);
  });

  test("under a hash of the past is elsewhere", async () => {
    const { json: index } = await server.get("/openapi/v3");
    const path = index.paths["api/v1"].serverRelativeURL;

    const { code, headers } = await server.get("/openapi/v3/api/v1?hash=ABC");

    expect([code, headers.location]).toEqual([301, path]);
  });

  test("without a hash is what it is now", async () => {
    const { code, headers } = await server.get("/openapi/v3/api/v1");

    expect(code).toBe(200);
    expect(headers["cache-control"]).toBe("no-cache, private");
  });

  test("of a group that is not there says nothing, as upstream does", async () => {
    const { code, text } = await server.get("/openapi/v3/apis/nosuch/v1");

    expect([code, text]).toEqual([200, ""]);
  });

  test.each([
    ["application/json", "application/json"],
    [
      "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ],
    [
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ],
    ["*/*", "application/json"],
  ])("of version 2 for %s is %s", async (accept, contentType) => {
    const { code, headers, bytes } = await server.get("/openapi/v2?timeout=32s", { accept });

    expect([code, headers["content-type"]]).toEqual([200, contentType]);
    expect(bytes.length).toBeGreaterThan(1_000);
  });

  test("of version 2 is in no other form", async () => {
    const { code, text } = await server.get("/openapi/v2", { accept: "text/html" });

    expect([code, text]).toEqual([406, ""]);
  });

  test("of another version is a page that is not there", async () => {
    const { code, text } = await server.get("/openapi/v4");

    expect([code, text]).toEqual([404, "404 page not found\n"]);
  });
});
