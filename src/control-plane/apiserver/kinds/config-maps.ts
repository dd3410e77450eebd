import type { ConfigMap, KubeObject } from "../../../api/objects.ts";
import { validateConfigMap, validateConfigMapUpdate } from "../../../api/validation/config-map.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const configMapOf = (object: KubeObject): ConfigMap => object as unknown as ConfigMap;

/** @see kubernetes `pkg/registry/core/configmap/strategy.go` */
export const configMaps: Resource = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  singular: "configmap",
  shortNames: ["cm"],
  categories: [],
  namespaced: true,
  verbs: allVerbs,
  subresources: [],
  keyPrefix: "/registry/configmaps/",
  selectableFields: {},
  deletionAnswersObject: false,
  strategy: {
    ...plainStrategy,
    validate: (object) => validateConfigMap(configMapOf(object)),
    validateUpdate: (object, old) => validateConfigMapUpdate(configMapOf(object), configMapOf(old)),
  },
};
