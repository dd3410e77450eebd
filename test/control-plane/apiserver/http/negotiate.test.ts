import { describe, expect, test } from "vitest";
import {
  mediaRanges,
  negotiate,
  negotiateDiscovery,
} from "../../../../src/control-plane/apiserver/http/negotiate.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const json = { as: "object", encoding: "json", metaVersion: "" };

describe("an answer", () => {
  test.each([
    [undefined, json],
    ["", json],
    ["*/*", json],
    ["application/json", json],
    ["APPLICATION/JSON", json],
    ["application/json;charset=utf-8", json],
    ["application/vnd.kubernetes.protobuf,application/json", json],
    ["application/vnd.kubernetes.protobuf, */*", json],
    ["text/html, */*;q=0.1", json],
    ["application/yaml", { ...json, encoding: "yaml" }],
    ["application/json;q=0.5,application/yaml;q=0.9", { ...json, encoding: "yaml" }],
    ["application/yaml, application/json", { ...json, encoding: "yaml" }],
    [table, { ...json, as: "table", metaVersion: "meta.k8s.io/v1" }],
    [`${table},application/json`, { ...json, as: "table", metaVersion: "meta.k8s.io/v1" }],
    [
      "application/json; as=Table; v=v1beta1; g=meta.k8s.io",
      { ...json, as: "table", metaVersion: "meta.k8s.io/v1beta1" },
    ],
    [`${table.replace("v=v1", "v=v9")},application/json`, json],
    [`${table.replace("meta.k8s.io", "other.io")},application/json`, json],
    [
      "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
      { ...json, as: "partial", metaVersion: "meta.k8s.io/v1" },
    ],
    [
      "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
      { ...json, as: "partial", metaVersion: "meta.k8s.io/v1" },
    ],
    ["application/json;as=Something;v=v1;g=meta.k8s.io,application/json", json],
  ])("for %s is the first thing that can be had", (accept, representation) => {
    expect(negotiate(accept)).toEqual(representation);
  });

  test.each([
    "text/html",
    "application/cbor",
    table.replace("v=v1", "v=v2"),
    "application/vnd.kubernetes.protobuf",
  ])("for %s is not to be had", (accept) => {
    expect(() => negotiate(accept)).toThrow(
      expect.objectContaining({
        code: 406,
        message:
          "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
      }),
    );
  });
});

describe("media ranges", () => {
  test("come best first, and as they stood among equals", () => {
    const types = mediaRanges("a/a;q=0.2, b/b, c/c;q=0.2, d/d;q=x, e/e").map(({ type }) => type);

    expect(types).toEqual(["b/b", "e/e", "a/a", "c/c", "d/d"]);
  });
});

describe("aggregated discovery", () => {
  const aggregated = (version: string): string =>
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

  test.each([
    [`${aggregated("v2")},${aggregated("v2beta1")},application/json`, "v2"],
    [`${aggregated("v2beta1")},application/json`, "v2beta1"],
    [`${aggregated("v3")},${aggregated("v2")}`, "v2"],
    [`application/json,${aggregated("v2")}`, undefined],
    ["application/json, */*", undefined],
    [undefined, undefined],
    [table, undefined],
  ])("for %s is of version %s", (accept, version) => {
    expect(negotiateDiscovery(accept)).toBe(version);
  });
});
