import { describe, expect, test } from "vitest";
import { type SchemaType, typeNamed, typeOf } from "../../../src/api/schema/schema.ts";

describe("the type of a kind", () => {
  test.each([
    ["v1", "Pod", "core.v1.Pod"],
    ["apps/v1", "Deployment", "apps.v1.Deployment"],
    ["rbac.authorization.k8s.io/v1", "Role", "rbac.v1.Role"],
    ["flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "flowcontrol.v1.FlowSchema"],
    ["authentication.k8s.io/v1", "TokenRequest", "authentication.v1.TokenRequest"],
    ["v1", "Status", "meta.v1.Status"],
    ["v1", "DeleteOptions", "meta.v1.DeleteOptions"],
    ["policy/v1", "DeleteOptions", "meta.v1.DeleteOptions"],
    ["meta.k8s.io/v1", "PartialObjectMetadata", "meta.v1.PartialObjectMetadata"],
  ])("%s %s is %s", (apiVersion, kind, name) => {
    expect(typeOf(apiVersion, kind)?.name).toBe(name);
  });

  test.each([
    ["v1", "Nope"],
    ["v1", "PodSpec"],
    ["v2", "Pod"],
    ["core/v1", "Pod"],
    ["apps", "Deployment"],
    ["apps.example.com/v1", "Deployment"],
    ["rbac.k8s.io/v1", "Role"],
    ["example.com/v1", "DeleteOptions"],
    ["apps/v1", "Status"],
    ["v1", ""],
    ["v1", "Pod k"],
    ["v1", "Pod\ncore.v1.Node"],
  ])("%j %j is no kind", (apiVersion, kind) => {
    expect(typeOf(apiVersion, kind)).toBeUndefined();
  });
});

describe("a type", () => {
  test("has its fields in Go's order and not in that of their numbers", () => {
    expect(fieldNames("core.v1.PodSpec").slice(0, 5)).toEqual([
      "volumes",
      "initContainers",
      "containers",
      "ephemeralContainers",
      "restartPolicy",
    ]);
    expect(named("core.v1.PodSpec").field("ephemeralContainers")?.number).toBe(34);
  });

  test("that is a kind begins with kind and apiVersion", () => {
    expect(fieldNames("core.v1.Pod")).toEqual(["kind", "apiVersion", "metadata", "spec", "status"]);
  });

  test("shows the fields of embedded structs as its own, and their way in Go", () => {
    expect(fieldNames("core.v1.Probe").slice(0, 5)).toEqual([
      "exec",
      "httpGet",
      "tcpSocket",
      "grpc",
      "initialDelaySeconds",
    ]);
    expect(named("core.v1.Probe").field("exec")?.embeddedIn).toEqual(["ProbeHandler"]);
    expect(named("core.v1.Probe").fieldNumbered(1)?.isEmbedded).toBe(true);
  });

  test("knows how its lists are patched and what their elements are", () => {
    const ports = named("core.v1.Container").field("ports");

    expect(ports?.isList).toBe(true);
    expect(ports?.type.name).toBe("core.v1.ContainerPort");
    expect(ports?.patchStrategies).toEqual(["merge"]);
    expect(ports?.patchMergeKey).toBe("containerPort");
    expect(ports?.listType).toBe("map");
    expect(ports?.listMapKeys).toEqual(["containerPort", "protocol"]);
    expect(ports?.goType).toBe("[]v1.ContainerPort");
  });

  test("knows enums, defaults and the named types of Go", () => {
    const protocol = named("core.v1.ContainerPort").field("protocol");

    expect(protocol?.enumValues).toEqual(["TCP", "UDP", "SCTP"]);
    expect(protocol?.defaultValue).toBe("TCP");
    expect(protocol?.goType).toBe("v1.Protocol");
    expect(named("core.v1.ResourceRequirements").field("limits")?.goType).toBe("v1.ResourceList");
  });

  test("is the same one however it is come by", () => {
    expect(typeOf("v1", "Pod")).toBe(named("core.v1.Pod"));
    expect(named("core.v1.Pod").field("spec")?.type).toBe(named("core.v1.PodSpec"));
  });

  test("can be read for every name that another type refers to", () => {
    const seen = new Set<SchemaType>();
    const pending = ["core.v1.Pod", "core.v1.Node", "resource.v1.ResourceSlice"].map(named);
    for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
      if (seen.has(type)) continue;
      seen.add(type);
      for (const field of type.fields) if (field.kind === "message") pending.push(field.type);
    }

    expect(seen.size).toBeGreaterThan(150);
  });
});

function named(name: string): SchemaType {
  const type = typeNamed(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

function fieldNames(name: string): readonly string[] {
  return named(name).fields.map((field) => field.name);
}
