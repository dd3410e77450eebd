import { defaultNamespace, prepareNamespace } from "../../../api/defaults/namespace.ts";
import { validateNamespace } from "../../../api/validation/namespace.ts";
import type { KubeObject, Namespace } from "../../../api/objects.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const namespaceOf = (object: KubeObject): Namespace => object as unknown as Namespace;

/** @see kubernetes `pkg/registry/core/namespace/strategy.go` */
export const namespaces: Resource = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  namespaced: false,
  verbs: allVerbs.filter((verb) => verb !== "deletecollection"),
  subresources: [
    { name: "finalize", group: "", version: "v1", kind: "Namespace", verbs: ["update"] },
    {
      name: "status",
      group: "",
      version: "v1",
      kind: "Namespace",
      verbs: ["get", "patch", "update"],
    },
  ],
  keyPrefix: "/registry/namespaces/",
  selectableFields: {
    "status.phase": (object) => namespaceOf(object).status?.phase ?? "",
  },
  deletionAnswersObject: false,
  strategy: {
    ...plainStrategy,
    applyDefaults: (object) => defaultNamespace(namespaceOf(object)),
    prepareForCreate: (object) => prepareNamespace(namespaceOf(object)),
    prepareForUpdate: (object, old) => ({ ...object, spec: old["spec"], status: old["status"] }),
    validate: (object) => validateNamespace(namespaceOf(object)),
  },
};
