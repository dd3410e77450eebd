import { describe, expect, test } from "vitest";
import { defaultNamespace } from "../../../src/api/defaults/namespace.ts";
import { defaultNode } from "../../../src/api/defaults/node.ts";
import { defaultSecret } from "../../../src/api/defaults/secret.ts";
import { defaultService } from "../../../src/api/defaults/service.ts";
import type { StatusCause } from "../../../src/api/errors.ts";
import type {
  ConfigMap,
  Event,
  KubeObject,
  Lease,
  Namespace,
  Node,
  Secret,
  Service,
  ServiceAccount,
} from "../../../src/api/objects.ts";
import {
  validateConfigMap,
  validateConfigMapUpdate,
} from "../../../src/api/validation/config-map.ts";
import { validateEvent } from "../../../src/api/validation/event.ts";
import { validateLease } from "../../../src/api/validation/lease.ts";
import {
  validateNamespace,
  validateNamespaceFinalize,
  validateNamespaceStatus,
} from "../../../src/api/validation/namespace.ts";
import { validateNode, validateNodeUpdate } from "../../../src/api/validation/node.ts";
import {
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "../../../src/api/validation/object-meta.ts";
import { validateSecret, validateSecretUpdate } from "../../../src/api/validation/secret.ts";
import { validateService, validateServiceUpdate } from "../../../src/api/validation/service.ts";
import { validateServiceAccount } from "../../../src/api/validation/service-account.ts";
import { vectors } from "../vectors.ts";

interface NewObject {
  readonly case: string;
  readonly object: KubeObject;
  readonly causes: readonly StatusCause[];
}

interface ChangedObject extends NewObject {
  readonly old: KubeObject;
}

describe("a new object", () => {
  test.each(vectors<NewObject>("core-validation"))(
    "is judged as upstream does: $case",
    ({ object, causes }) => {
      const isNamespaced = !["Namespace", "Node"].includes(object.kind);
      const rule = ["Namespace", "Service"].includes(object.kind) ? "label" : "subdomain";

      expect([
        ...validateObjectMeta(object.metadata, isNamespaced, rule),
        ...validate(object),
      ]).toEqual(causes);
    },
  );

  test.each(["ConfigMap", "Secret"])("of kind %s holds at most a mebibyte", (kind) => {
    const size = 1024 * 1024 + 1;
    const data = { a: kind === "Secret" ? "A".repeat(Math.ceil(size / 3) * 4) : "x".repeat(size) };
    const object = { apiVersion: "v1", kind, metadata: { name: "x", namespace: "default" }, data };

    expect(validate(object).map(({ message }) => message)).toEqual([
      "Too long: may not be more than 1048576 bytes",
    ]);
  });

  test("with registry credentials that are no JSON is refused without showing them", () => {
    const data = { ".dockerconfigjson": "bm9wZQ==" };
    const [problem] = validateSecret({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "x" },
      type: "kubernetes.io/dockerconfigjson",
      data,
    });

    expect(problem?.message).toContain("<secret contents redacted>");
    expect(problem?.message).not.toContain("nope");
  });
});

describe("a changed object", () => {
  test.each(vectors<ChangedObject>("core-update-validation"))(
    "is judged as upstream does: $case",
    ({ object, old, causes }) => {
      expect([
        ...validateObjectMetaUpdate(object.metadata, old.metadata),
        ...validateUpdate(object, old),
        ...validate(object),
      ]).toEqual(causes);
    },
  );

  test("of kind Node has each address once", () => {
    const address = { type: "InternalIP", address: "10.0.0.1" } as const;
    const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" }, spec: {} };

    expect(
      validateNodeUpdate({ ...node, status: { addresses: [address, address] } }, node),
    ).toEqual([
      {
        reason: "FieldValueDuplicate",
        message: 'Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}',
        field: "status.addresses[1]",
      },
    ]);
  });

  test("of kind Namespace is terminating exactly while it is being deleted", () => {
    const active = aNamespace({ phase: "Active" });
    const deleted = { ...active.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };

    expect(validateNamespaceStatus(active)).toEqual([]);
    expect(validateNamespaceStatus({ ...active, metadata: deleted })).toMatchObject([
      { field: "status.Phase", reason: "FieldValueInvalid" },
    ]);
    expect(validateNamespaceStatus(aNamespace({ phase: "Terminating" }))).toMatchObject([
      {
        message:
          "Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
      },
    ]);
  });

  test("of kind Namespace may be finalized by those who have a domain", () => {
    const namespace = { ...aNamespace({}), spec: { finalizers: ["kubernetes", "mine"] } };

    expect(validateNamespaceFinalize(namespace)).toMatchObject([{ field: "spec.finalizers[1]" }]);
  });
});

function validate(object: KubeObject): StatusCause[] {
  const plain: unknown = object;
  switch (object.kind) {
    case "ConfigMap":
      return validateConfigMap(plain as ConfigMap);
    case "Secret":
      return validateSecret(defaultSecret(plain as Secret));
    case "ServiceAccount":
      return validateServiceAccount(plain as ServiceAccount);
    case "Namespace":
      return validateNamespace(defaultNamespace(plain as Namespace));
    case "Node":
      return validateNode(defaultNode(plain as Node));
    case "Service":
      return validateService(defaultService(plain as Service));
    case "Lease":
      return validateLease(plain as Lease);
    case "Event":
      return validateEvent(plain as Event);
    default:
      throw new Error(`no validation for ${object.kind}`);
  }
}

function validateUpdate(object: KubeObject, old: KubeObject): StatusCause[] {
  const [plain, plainOld]: unknown[] = [object, old];
  switch (object.kind) {
    case "ConfigMap":
      return validateConfigMapUpdate(plain as ConfigMap, plainOld as ConfigMap);
    case "Secret":
      return validateSecretUpdate(plain as Secret, plainOld as Secret);
    case "Node":
      return validateNodeUpdate(plain as Node, plainOld as Node);
    case "Service":
      return validateServiceUpdate(plain as Service, plainOld as Service);
    default:
      return [];
  }
}

function aNamespace(status: Namespace["status"] & object): Namespace {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" }, spec: {}, status };
}
