import { describe, expect, test } from "vitest";
import { defaultNamespace, prepareNamespace } from "../../../src/api/defaults/namespace.ts";
import { defaultNode } from "../../../src/api/defaults/node.ts";
import { defaultPod } from "../../../src/api/defaults/pod.ts";
import { defaultSecret } from "../../../src/api/defaults/secret.ts";
import { defaultService } from "../../../src/api/defaults/service.ts";
import type {
  KubeObject,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
} from "../../../src/api/objects.ts";
import { vectors } from "../vectors.ts";

interface DefaultsVector {
  readonly case: string;
  readonly object: KubeObject;
  readonly defaulted: KubeObject;
}

const recorded = vectors<DefaultsVector>("defaults");

describe("what is left out", () => {
  test.each(recorded)("is filled in as upstream does: $case", ({ object, defaulted }) => {
    expect(withDefaults(object)).toEqual(defaulted);
  });

  test.each(recorded)("is filled in once and for all: $case", ({ object }) => {
    const once = withDefaults(object);

    expect(withDefaults(once)).toEqual(once);
  });

  test.each(recorded)("is filled in without touching what was sent: $case", ({ object }) => {
    const before = JSON.stringify(object);
    withDefaults(object);

    expect(JSON.stringify(object)).toBe(before);
  });
});

describe("a new namespace", () => {
  const sent = { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" }, spec: {} } as const;

  test("is active and waits for its content to go first", () => {
    expect(prepareNamespace({ ...sent, status: { phase: "Terminating" } })).toMatchObject({
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  });

  test("keeps the finalizers it came with", () => {
    const { spec } = prepareNamespace({ ...sent, spec: { finalizers: ["example.com/mine"] } });

    expect(spec.finalizers).toEqual(["example.com/mine", "kubernetes"]);
  });
});

function withDefaults(object: KubeObject): KubeObject {
  return defaulted(object) as KubeObject;
}

function defaulted(object: KubeObject): unknown {
  const plain: unknown = object;
  switch (object.kind) {
    case "Pod":
      return defaultPod(plain as Pod);
    case "Secret":
      return defaultSecret(plain as Secret);
    case "Namespace":
      return defaultNamespace(plain as Namespace);
    case "Node":
      return defaultNode(plain as Node);
    case "Service":
      return defaultService(plain as Service);
    default:
      throw new Error(`no defaults for ${object.kind}`);
  }
}
