import { defaultSecret } from "../../../api/defaults/secret.ts";
import type { KubeObject, Secret } from "../../../api/objects.ts";
import { validateSecret, validateSecretUpdate } from "../../../api/validation/secret.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const secretOf = (object: KubeObject): Secret => object as unknown as Secret;

/** @see kubernetes `pkg/registry/core/secret/strategy.go` */
export const secrets: Resource = {
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  singular: "secret",
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: allVerbs,
  subresources: [],
  keyPrefix: "/registry/secrets/",
  selectableFields: { type: (object) => secretOf(object).type ?? "" },
  deletionAnswersObject: false,
  strategy: {
    ...plainStrategy,
    applyDefaults: (object) => defaultSecret(secretOf(object)),
    validate: (object) => validateSecret(secretOf(object)),
    validateUpdate: (object, old) => validateSecretUpdate(secretOf(object), secretOf(old)),
  },
};
