import { equalJson } from "../../api/equal-json.ts";
import type { KubeObject, Node, Taint } from "../../api/objects.ts";
import { Informer } from "../client/informer.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";

const nodesPath = { group: "", version: "v1", plural: "nodes" } as const;

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";
const unschedulable = "node.kubernetes.io/unschedulable";

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
    const queue = new WorkQueue(client.timeline, client.actor, (name, done) => {
      const node = nodes.get(name);
      if (node === undefined || withConditionTaints(node) === node) return done();
      client.patch({ ...nodesPath, namespace: "", name }, "", withConditionTaints, (error) =>
        done(error),
      );
    });
    const enqueue = ({ metadata }: KubeObject): void => queue.add(metadata.name ?? "");
    nodes.addHandlers({ onAdd: enqueue, onUpdate: enqueue });
    nodes.start();
  },
};

function withConditionTaints(object: KubeObject): KubeObject {
  const { spec, status } = object as unknown as Node;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const wanted: Taint[] = [];
  if (ready === "Unknown") wanted.push({ key: unreachable, effect: "NoSchedule" });
  else if (ready !== "True") wanted.push({ key: notReady, effect: "NoSchedule" });
  if (spec.unschedulable === true) wanted.push({ key: unschedulable, effect: "NoSchedule" });
  const taints = spec.taints ?? [];
  const kept = taints.filter(
    (taint) => !isOfCondition(taint) || wanted.some(({ key }) => key === taint.key),
  );
  const added = wanted.filter(
    ({ key }) => !taints.some((taint) => taint.key === key && taint.effect === "NoSchedule"),
  );
  const next = [...kept, ...added];
  if (equalJson(next, taints)) return object;
  const { taints: _taints, ...rest } = spec;
  return { ...object, spec: next.length === 0 ? rest : { ...rest, taints: next } };
}

function isOfCondition({ key, effect }: Taint): boolean {
  return effect === "NoSchedule" && [notReady, unreachable, unschedulable].includes(key);
}
