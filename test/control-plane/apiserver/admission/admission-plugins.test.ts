import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject, Node, Pod, PodSpec, Toleration } from "../../../../src/api/objects.ts";
import { AdmissionChain } from "../../../../src/control-plane/apiserver/admission/admission.ts";
import { defaultTolerationSeconds } from "../../../../src/control-plane/apiserver/admission/default-toleration-seconds.ts";
import { namespaceLifecycle } from "../../../../src/control-plane/apiserver/admission/namespace-lifecycle.ts";
import { priority } from "../../../../src/control-plane/apiserver/admission/priority.ts";
import { taintNodesByCondition } from "../../../../src/control-plane/apiserver/admission/taint-nodes-by-condition.ts";
import { aNode, aPod } from "../objects.ts";
import { refusalOf } from "../refusal.ts";
import { ServerUnderTest } from "../server-under-test.ts";

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
});

describe("DefaultTolerationSeconds", () => {
  const notReady = tolerating("node.kubernetes.io/not-ready");
  const unreachable = tolerating("node.kubernetes.io/unreachable");

  test("lets a pod stay five minutes on a node that stops answering", () => {
    expect(tolerationsOf(aPod("web"))).toEqual([notReady, unreachable]);
  });

  test("adds to what the pod tolerates, and only what it says nothing of", () => {
    const own: Toleration = {
      key: "node.kubernetes.io/not-ready",
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 5,
    };

    expect(tolerationsOf(aPod("web", { tolerations: [own] }))).toEqual([own, unreachable]);
  });

  test.each([{ operator: "Exists" }, { operator: "Exists", effect: "NoExecute" }] as const)(
    "leaves a pod alone that tolerates everything: %j",
    (all) => {
      expect(tolerationsOf(aPod("web", { tolerations: [all] }))).toEqual([all]);
    },
  );

  test("takes a toleration of another effect for what it is", () => {
    const other = { operator: "Exists", effect: "NoSchedule" } as const;

    expect(tolerationsOf(aPod("web", { tolerations: [other] }))).toEqual([
      other,
      notReady,
      unreachable,
    ]);
  });

  function tolerationsOf(pod: KubeObject): readonly Toleration[] | undefined {
    return created(pod).tolerations;
  }

  function tolerating(key: string): Toleration {
    return { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };
  }
});

describe("Priority", () => {
  test("is zero for a pod that names no class", () => {
    expect(created(aPod("web"))).toMatchObject({
      priority: 0,
      preemptionPolicy: "PreemptLowerPriority",
    });
    expect(created(aPod("db")).priorityClassName).toBeUndefined();
  });

  test.each([
    ["system-node-critical", 2_000_001_000],
    ["system-cluster-critical", 2_000_000_000],
  ])("of %s is %d", (priorityClassName, value) => {
    expect(created(aPod("web", { priorityClassName })).priority).toBe(value);
  });

  test("of a class that is not there is refused", () => {
    expect(refused(aPod("web", { priorityClassName: "nosuch" }))).toBe(
      'pods "web" is forbidden: no PriorityClass with name nosuch was found',
    );
  });

  test("is not for the pod to say", () => {
    expect(refused(aPod("web", { priority: 5 }))).toBe(
      'pods "web" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
    expect(refused(aPod("web", { preemptionPolicy: "Never" }))).toBe(
      'pods "web" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    );
  });

  test("may be said when it is right, as in a pod that was read and is written again", () => {
    const spec = { priority: 0, preemptionPolicy: "PreemptLowerPriority" } as const;

    expect(created(aPod("web", spec))).toMatchObject(spec);
  });

  function refused(pod: KubeObject): string | undefined {
    const { code, message } = refusalOf(() => api.create("pods", pod));
    expect(code).toBe(403);
    return message;
  }
});

describe("TaintNodesByCondition", () => {
  const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

  test("keeps pods off a node until a controller has seen it ready", () => {
    expect(taintsOf(aNode("n1"))).toEqual([notReady]);
  });

  test("adds to the node's own taints", () => {
    const own = { key: "gpu", value: "yes", effect: "NoExecute" } as const;

    expect(taintsOf(aNode("n1", { spec: { taints: [own] } }))).toEqual([own, notReady]);
  });

  test("does not taint a node twice", () => {
    expect(taintsOf(aNode("n1", { spec: { taints: [notReady] } }))).toEqual([notReady]);
  });

  function taintsOf(node: KubeObject): unknown {
    return (api.create("nodes", node) as unknown as Node).spec.taints;
  }
});

describe("a chain of admission plugins", () => {
  test("asks those that handle a request, in order", () => {
    const chain = new AdmissionChain([
      namespaceLifecycle,
      priority,
      defaultTolerationSeconds,
      taintNodesByCondition,
    ]);

    expect(chain.names(api.at("pods"))).toBe(
      "NamespaceLifecycle,Priority,DefaultTolerationSeconds",
    );
    expect(chain.names(api.at("configmaps"))).toBe("NamespaceLifecycle");
    expect(chain.names(api.at("nodes"))).toBe("TaintNodesByCondition");
    expect(chain.names(api.at("pods", { subresource: "status" }))).toBe("NamespaceLifecycle");
  });
});

function created(pod: KubeObject): PodSpec {
  return (api.create("pods", pod) as unknown as Pod).spec;
}
