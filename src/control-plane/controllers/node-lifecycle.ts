import type { KubeObject, Node, Taint } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { Informer } from "../client/informer.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";

const nodesPath = { group: "", version: "v1", plural: "nodes" } as const;
/** @see kubernetes `pkg/controller/nodelifecycle/node_lifecycle_controller.go`, `Run`: `UpdateWorkerSize` */
const workers = 8;

const unschedulableKey = "node.kubernetes.io/unschedulable";

/** The taint of a condition that has a certain status. */
const taintKeys: readonly (readonly [type: string, status: string, taintKey: string])[] = [
  ["Ready", "False", "node.kubernetes.io/not-ready"],
  ["Ready", "Unknown", "node.kubernetes.io/unreachable"],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
];
const ownKeys: ReadonlySet<string> = new Set([
  unschedulableKey,
  ...taintKeys.map(([, , key]) => key),
]);

/**
 * Turns what a node says of itself into taints that keep new pods away.
 *
 * @see kubernetes `pkg/controller/nodelifecycle/node_lifecycle_controller.go`,
 *   `doNoScheduleTaintingPass`
 */
export const nodeLifecycleController: Controller = {
  name: "node-lifecycle",

  start(client) {
    const nodes = new Informer(client, nodesPath);
    const taint = (name: string, done: (error?: Error) => void): void => {
      const node = nodes.get(name);
      const tainted = (object: KubeObject): KubeObject => withConditionTaints(object, client.nowUs);
      if (node === undefined || tainted(node) === node) return done();
      client.patch({ ...nodesPath, namespace: "", name }, "", tainted, (error) => done(error));
    };
    const queue = new WorkQueue(client.timeline, client.actor, taint, workers);
    const enqueue = ({ metadata }: KubeObject): void => queue.add(metadata.name ?? "");
    nodes.addHandlers({ onAdd: enqueue, onUpdate: enqueue });
    nodes.start();
  },
};

/** The same object when its taints are as they should be. */
function withConditionTaints(object: KubeObject, nowUs: number): KubeObject {
  const { spec } = object as unknown as Node;
  const wanted = wantedKeys(object as unknown as Node);
  const taints = spec.taints ?? [];
  const isOwn = ({ key, effect }: Taint): boolean => effect === "NoSchedule" && ownKeys.has(key);
  const kept = taints.filter((taint) => !isOwn(taint) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !kept.some((taint) => isOwn(taint) && taint.key === key));
  if (kept.length === taints.length && missing.length === 0) return object;
  const timeAdded = rfc3339(nowUs);
  const added = missing.map((key): Taint => ({ key, effect: "NoSchedule", timeAdded }));
  const next = [...kept, ...added];
  const { taints: _taints, ...rest } = spec;
  return { ...object, spec: next.length === 0 ? rest : { ...rest, taints: next } };
}

/** A node that has not said whether it is ready is not. */
function wantedKeys({ spec, status }: Node): readonly string[] {
  const conditions = status?.conditions ?? [];
  const isKnown = conditions.some(({ type }) => type === "Ready");
  const reported = isKnown ? conditions : [...conditions, { type: "Ready", status: "False" }];
  const keys = taintKeys
    .filter(([type, value]) => reported.some((one) => one.type === type && one.status === value))
    .map(([, , key]) => key);
  return spec.unschedulable === true ? [...keys, unschedulableKey] : keys;
}
