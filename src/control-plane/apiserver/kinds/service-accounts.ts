import type { KubeObject, ServiceAccount } from "../../../api/objects.ts";
import { validateServiceAccount } from "../../../api/validation/service-account.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

/** @see kubernetes `pkg/registry/core/serviceaccount/strategy.go` */
export const serviceAccounts: Resource = {
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  singular: "serviceaccount",
  shortNames: ["sa"],
  categories: [],
  namespaced: true,
  verbs: allVerbs,
  subresources: [],
  keyPrefix: "/registry/serviceaccounts/",
  selectableFields: {},
  deletionAnswersObject: true,
  strategy: {
    ...plainStrategy,
    validate: (object: KubeObject) => validateServiceAccount(object as unknown as ServiceAccount),
  },
};
