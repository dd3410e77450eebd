import type { KubeObject, Lease } from "../../../api/objects.ts";
import { validateLease } from "../../../api/validation/lease.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

/** @see kubernetes `pkg/registry/coordination/lease/strategy.go` */
export const leases: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  singular: "lease",
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: allVerbs,
  subresources: [],
  keyPrefix: "/registry/leases/",
  selectableFields: {},
  deletionAnswersObject: false,
  strategy: {
    ...plainStrategy,
    validate: (object: KubeObject) => validateLease(object as unknown as Lease),
  },
};
