import { defaultNode } from "../../../api/defaults/node.ts";
import type { KubeObject, Node } from "../../../api/objects.ts";
import { validateNode, validateNodeUpdate } from "../../../api/validation/node.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const nodeOf = (object: KubeObject): Node => object as unknown as Node;

/** @see kubernetes `pkg/registry/core/node/strategy.go` */
export const nodes: Resource = {
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  singular: "node",
  shortNames: ["no"],
  categories: [],
  namespaced: false,
  verbs: allVerbs,
  subresources: [
    { name: "status", group: "", version: "v1", kind: "Node", verbs: ["get", "patch", "update"] },
  ],
  keyPrefix: "/registry/minions/",
  selectableFields: {
    "spec.unschedulable": (object) => String(nodeOf(object).spec.unschedulable ?? false),
  },
  deletionAnswersObject: false,
  strategy: {
    ...plainStrategy,
    applyDefaults: (object) => defaultNode(nodeOf(object)),
    prepareForUpdate: (object, old) => ({ ...object, status: old["status"] }),
    validate: (object) => validateNode(nodeOf(object)),
    validateUpdate: (object, old) => validateNodeUpdate(nodeOf(object), nodeOf(old)),
  },
};
