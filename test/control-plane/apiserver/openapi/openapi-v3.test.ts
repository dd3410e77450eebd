import { describe, expect, test } from "vitest";
import { openApiV3 } from "../../../../src/control-plane/apiserver/openapi/openapi-v3.ts";
import { leases, nodes, pods, served } from "./served-kinds.ts";

interface Document {
  readonly openapi: string;
  readonly info: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content: unknown }>>;
}

type Schema = Readonly<Record<string, unknown>> & {
  readonly properties: Readonly<Record<string, unknown>>;
};

const api = openApiV3(served, "v1.36.0");
const core = documentOf("api/v1");
const schemas = core.components.schemas;

describe("the OpenAPI v3 index", () => {
  test("names the document of every group version with its hash", () => {
    const { hash } = api.documents.get("apis/coordination.k8s.io/v1") ?? { hash: "" };

    expect(Object.keys(api.index.paths)).toEqual([
      "api/v1",
      "apis/coordination.k8s.io/v1",
      "apis/authorization.k8s.io/v1",
    ]);
    expect(api.index.paths["apis/coordination.k8s.io/v1"]).toEqual({
      serverRelativeURL: `/openapi/v3/apis/coordination.k8s.io/v1?hash=${hash}`,
    });
    expect(hash).toMatch(/^[0-9A-F]{128}$/);
  });

  test("changes a hash exactly when the document changes", () => {
    const hashes = (kinds: typeof served) =>
      [...openApiV3(kinds, "v1.36.0").documents.values()].map(({ hash }) => hash);

    expect(hashes([pods, leases])).toEqual(hashes([pods, leases]));
    expect(hashes([nodes, leases])[0]).not.toBe(hashes([pods, leases])[0]);
    expect(hashes([nodes, leases])[1]).toBe(hashes([pods, leases])[1]);
  });
});

describe("the OpenAPI v3 document of a group version", () => {
  test("lists the paths of its kinds, without those of others or of streams", () => {
    expect(core.openapi).toBe("3.0.0");
    expect(core.info).toEqual({ title: "Kubernetes", version: "v1.36.0" });
    expect(Object.keys(core.paths)).toEqual([
      "/api/v1/namespaces/{namespace}/pods",
      "/api/v1/namespaces/{namespace}/pods/{name}",
      "/api/v1/namespaces/{namespace}/pods/{name}/binding",
      "/api/v1/namespaces/{namespace}/pods/{name}/eviction",
      "/api/v1/namespaces/{namespace}/pods/{name}/log",
      "/api/v1/namespaces/{namespace}/pods/{name}/status",
      "/api/v1/nodes",
      "/api/v1/nodes/{name}",
      "/api/v1/nodes/{name}/status",
      "/api/v1/pods",
    ]);
  });

  test("tells kubectl that the server checks fields: it looks at the PATCH of the kind", () => {
    const patch = core.paths["/api/v1/namespaces/{namespace}/pods/{name}"]?.["patch"];

    expect(patch).toMatchObject({
      operationId: "patchCoreV1NamespacedPod",
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": { group: "", version: "v1", kind: "Pod" },
    });
    expect(patch?.parameters.map(({ name }) => name)).toEqual([
      "dryRun",
      "fieldManager",
      "fieldValidation",
      "force",
    ]);
    expect(patch?.parameters.every((parameter) => parameter.in === "query")).toBe(true);
  });

  test.each([
    ["/api/v1/namespaces/{namespace}/pods", "get", "listCoreV1NamespacedPod", "list"],
    ["/api/v1/namespaces/{namespace}/pods", "post", "createCoreV1NamespacedPod", "post"],
    [
      "/api/v1/namespaces/{namespace}/pods",
      "delete",
      "deleteCoreV1CollectionNamespacedPod",
      "deletecollection",
    ],
    ["/api/v1/pods", "get", "listCoreV1PodForAllNamespaces", "list"],
    ["/api/v1/nodes/{name}", "get", "readCoreV1Node", "get"],
    ["/api/v1/nodes/{name}/status", "put", "replaceCoreV1NodeStatus", "put"],
  ])("calls %s %s as upstream does", (path, method, operationId, action) => {
    expect(core.paths[path]?.[method]).toMatchObject({
      operationId,
      "x-kubernetes-action": action,
    });
  });

  test("has only the verbs that a kind has", () => {
    expect(documentOf("apis/authorization.k8s.io/v1").paths).toEqual({
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": {
        parameters: [expect.objectContaining({ name: "pretty" })],
        post: expect.objectContaining({ "x-kubernetes-action": "post" }),
      },
    });
  });

  test("answers lists with the list kind and an eviction with an Eviction", () => {
    const listed = core.paths["/api/v1/pods"]?.["get"]?.responses["200"];
    const evicted = core.paths["/api/v1/namespaces/{namespace}/pods/{name}/eviction"]?.["post"];

    expect(listed?.content).toHaveProperty(
      ["application/json", "schema", "$ref"],
      "#/components/schemas/io.k8s.api.core.v1.PodList",
    );
    expect(evicted).toMatchObject({
      "x-kubernetes-group-version-kind": { group: "policy", version: "v1", kind: "Eviction" },
    });
    expect(schemas).toHaveProperty(["io.k8s.api.policy.v1.Eviction"]);
  });
});

describe("a schema of the OpenAPI v3 document", () => {
  test("of a kind says which kind it is", () => {
    expect(schemas["io.k8s.api.core.v1.Pod"]).toEqual({
      type: "object",
      properties: {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: {
          allOf: [reference("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")],
          default: {},
        },
        spec: { allOf: [reference("io.k8s.api.core.v1.PodSpec")], default: {} },
        status: { allOf: [reference("io.k8s.api.core.v1.PodStatus")], default: {} },
      },
      "x-kubernetes-group-version-kind": [{ group: "", kind: "Pod", version: "v1" }],
    });
  });

  test("has what is required, defaults, formats and enums", () => {
    expect(schemas["io.k8s.api.core.v1.ContainerPort"]).toEqual({
      type: "object",
      required: ["containerPort"],
      properties: {
        containerPort: { type: "integer", format: "int32", default: 0 },
        hostIP: { type: "string" },
        hostPort: { type: "integer", format: "int32" },
        name: { type: "string" },
        protocol: { type: "string", default: "TCP", enum: ["SCTP", "TCP", "UDP"] },
      },
    });
  });

  test("says how lists are merged", () => {
    expect(schemas["io.k8s.api.core.v1.PodSpec"]?.properties["containers"]).toEqual({
      type: "array",
      items: { allOf: [reference("io.k8s.api.core.v1.Container")], default: {} },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-patch-strategy": "merge",
    });
  });

  test("says what owns its fields as a whole", () => {
    const atomic = { "x-kubernetes-map-type": "atomic" };

    expect(schemas["io.k8s.api.core.v1.LocalObjectReference"]).toMatchObject(atomic);
    expect(schemas["io.k8s.api.core.v1.PodSpec"]?.properties["nodeSelector"]).toMatchObject(atomic);
  });

  test("is its own for what has a form of its own in JSON", () => {
    expect(schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"]).toEqual({
      oneOf: [{ type: "string" }, { type: "number" }],
    });
    expect(schemas["io.k8s.apimachinery.pkg.apis.meta.v1.Time"]).toEqual({
      type: "string",
      format: "date-time",
    });
    expect(schemas["io.k8s.api.core.v1.ResourceRequirements"]?.properties["limits"]).toEqual({
      type: "object",
      additionalProperties: reference("io.k8s.apimachinery.pkg.api.resource.Quantity"),
    });
  });

  test("shows the fields of embedded structs as its own", () => {
    const { properties } = schemas["io.k8s.api.core.v1.Volume"] as Schema;

    expect(properties).toHaveProperty("emptyDir");
    expect(properties).not.toHaveProperty("volumeSource");
  });

  test("is there for every reference", () => {
    for (const { text } of api.documents.values()) {
      const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
      const { components } = JSON.parse(text) as Document;
      for (const [, name = ""] of referred) expect(components.schemas).toHaveProperty([name]);
    }
  });
});

function documentOf(rootPath: string): Document {
  return JSON.parse(api.documents.get(rootPath)?.text ?? "{}") as Document;
}

function reference(name: string): unknown {
  return { $ref: `#/components/schemas/${name}` };
}
