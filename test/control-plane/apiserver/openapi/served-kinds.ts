import type { ServedKind } from "../../../../src/control-plane/apiserver/openapi/served-kind.ts";

export const pods: ServedKind = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  subresources: ["status", "binding", "eviction", "log", "exec"],
};

export const nodes: ServedKind = {
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  subresources: ["status"],
};

export const leases: ServedKind = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  subresources: [],
};

export const accessReviews: ServedKind = {
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  subresources: [],
  verbs: ["create"],
};

export const served = [pods, nodes, leases, accessReviews];
