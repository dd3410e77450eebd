import { describe, expect, test } from "vitest";
import { normalize } from "../../../src/api/schema/normalize.ts";
import { type SchemaType, typeOf } from "../../../src/api/schema/schema.ts";
import { frozen } from "./frozen.ts";

const pod = typeOf("v1", "Pod") as SchemaType;
const service = typeOf("v1", "Service") as SchemaType;

describe("a value after its round trip through Go", () => {
  test("has the structs that are no pointers, and zeros where Go writes them", () => {
    const written = normalize(pod, {
      spec: { containers: [{ name: "a", ports: [{}] }] },
      status: { containerStatuses: [{ name: "a" }], conditions: [{ type: "Ready" }] },
    });

    expect(written).toEqual({
      metadata: {},
      spec: { containers: [{ name: "a", ports: [{ containerPort: 0 }], resources: {} }] },
      status: {
        conditions: [{ type: "Ready", status: "", lastProbeTime: null, lastTransitionTime: null }],
        containerStatuses: [
          {
            name: "a",
            state: {},
            lastState: {},
            ready: false,
            restartCount: 0,
            image: "",
            imageID: "",
          },
        ],
      },
    });
  });

  test("lacks what is null or empty where Go leaves it out", () => {
    const written = normalize(pod, {
      metadata: { name: "", labels: {}, finalizers: [], creationTimestamp: null, generation: 0 },
      spec: {
        containers: [],
        hostNetwork: false,
        nodeSelector: null,
        securityContext: {},
        priority: 0,
        terminationGracePeriodSeconds: null,
      },
    });

    expect(written).toEqual({
      metadata: {},
      spec: { containers: [], securityContext: {}, priority: 0 },
      status: {},
    });
  });

  test("has null for a list that must be there and was not given", () => {
    expect(normalize(pod, {})["spec"]).toEqual({ containers: null });
  });

  test("has zeros for elements that were null", () => {
    const written = normalize(pod, {
      metadata: { labels: { a: null } },
      spec: { containers: [{ name: "a", args: [null], resources: { limits: { cpu: null } } }] },
    });

    expect(written["metadata"]).toEqual({ labels: { a: "" } });
    expect(written["spec"]).toEqual({
      containers: [{ name: "a", args: [""], resources: { limits: { cpu: "0" } } }],
    });
  });

  test("has canonical quantities and times", () => {
    const written = normalize(pod, {
      metadata: { creationTimestamp: "2026-11-22T15:13:40.5+01:00" },
      spec: { containers: [{ name: "a", resources: { limits: { memory: "1024Mi", cpu: 0.25 } } }] },
    });

    expect(written["metadata"]).toEqual({ creationTimestamp: "2026-11-22T14:13:40Z" });
    expect(written["spec"]).toEqual({
      containers: [{ name: "a", resources: { limits: { cpu: "250m", memory: "1Gi" } } }],
    });
  });

  test("keeps a number or string where either may be", () => {
    const ports = [{ port: 1, targetPort: "http" }, { port: 2, targetPort: 80 }, { port: 3 }];
    const written = normalize(service, { spec: { ports } })["spec"];

    expect(written).toEqual({
      ports: [
        { port: 1, targetPort: "http" },
        { port: 2, targetPort: 80 },
        { port: 3, targetPort: 0 },
      ],
    });
  });

  test("has fields in struct order and map keys sorted", () => {
    const written = normalize(pod, {
      spec: { containers: [{ image: "i", name: "a" }] },
      metadata: { labels: { b: "2", a: "1" }, name: "n" },
      kind: "Pod",
    });

    expect(JSON.stringify(written)).toBe(
      '{"kind":"Pod","metadata":{"name":"n","labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"a","image":"i","resources":{}}]},"status":{}}',
    );
  });

  test("is the input itself when that is as Go writes it, and shares what is", () => {
    const spec = frozen({ containers: [{ name: "a", image: "i", resources: {} }] });
    const stored = frozen({ kind: "Pod", apiVersion: "v1", metadata: {}, spec, status: {} });

    expect(normalize(pod, stored)).toBe(stored);
    expect(normalize(pod, frozen({ spec, metadata: { name: "n" } }))["spec"]).toBe(spec);
  });
});
