import type { NodeView } from "../../api/node-view.ts";
import type { Taint } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { Informer, type StoredObject } from "../client/informer.ts";
import { nodeVersion, taintChange } from "../client/node-version.ts";
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
    const wrong = (stored: StoredObject): boolean =>
      conditionTaints(nodeVersion(stored), client.nowUs) !== undefined;
    const taint = (name: string, done: (error?: Error) => void): void => {
      const stored = nodes.version(name);
      if (stored === undefined || !wrong(stored)) return done();
      const { storeKey } = stored;
      const change = taintChange((node) => conditionTaints(node, client.nowUs));
      client.revise({ ...nodesPath, namespace: "", name, storeKey }, change, (error) =>
        done(error),
      );
    };
    const queue = new WorkQueue(client.timeline, client.actor, taint, workers);
    const enqueue = (stored: StoredObject): void => {
      if (wrong(stored)) queue.add(stored.name);
    };
    nodes.addVersionHandlers({ onAdd: enqueue, onUpdate: enqueue });
    nodes.start();
  },
};

/** The taints that a node should have; `undefined` when it has them. */
function conditionTaints(node: NodeView, nowUs: number): readonly Taint[] | undefined {
  const { taints } = node;
  const wanted = wantedKeys(node);
  const isOwn = ({ key, effect }: Taint): boolean => effect === "NoSchedule" && ownKeys.has(key);
  const kept = taints.filter((taint) => !isOwn(taint) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !kept.some((taint) => isOwn(taint) && taint.key === key));
  if (kept.length === taints.length && missing.length === 0) return undefined;
  const timeAdded = rfc3339(nowUs);
  const added = missing.map((key): Taint => ({ key, effect: "NoSchedule", timeAdded }));
  return [...kept, ...added];
}

/** A node that has not said whether it is ready is not. */
function wantedKeys({ isUnschedulable, conditions }: NodeView): readonly string[] {
  const isKnown = conditions.some(({ type }) => type === "Ready");
  const reported = isKnown ? conditions : [...conditions, { type: "Ready", status: "False" }];
  const keys = taintKeys
    .filter(([type, value]) => reported.some((one) => one.type === type && one.status === value))
    .map(([, , key]) => key);
  return isUnschedulable ? [...keys, unschedulableKey] : keys;
}
