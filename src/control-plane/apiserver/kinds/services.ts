import { defaultService } from "../../../api/defaults/service.ts";
import type { KubeObject, Service } from "../../../api/objects.ts";
import { validateService, validateServiceUpdate } from "../../../api/validation/service.ts";
import { allocateClusterIp, clusterIpClaims } from "../cluster-ip.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const serviceOf = (object: KubeObject): Service => object as unknown as Service;

/** @see kubernetes `pkg/registry/core/service/strategy.go` and `storage/alloc.go` */
export const services: Resource = {
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  verbs: allVerbs,
  subresources: [
    {
      name: "status",
      group: "",
      version: "v1",
      kind: "Service",
      verbs: ["get", "patch", "update"],
    },
  ],
  keyPrefix: "/registry/services/specs/",
  selectableFields: {
    "spec.clusterIP": (object) => serviceOf(object).spec.clusterIP ?? "",
    "spec.type": (object) => serviceOf(object).spec.type ?? "",
  },
  deletionAnswersObject: true,
  claims: (object) => clusterIpClaims(serviceOf(object)),
  strategy: {
    ...plainStrategy,
    applyDefaults: (object) => defaultService(serviceOf(object)),
    prepareForCreate: (object, context) => ({
      ...object,
      spec: withClusterIp(serviceOf(object), allocateClusterIp(serviceOf(object), context)),
      status: { loadBalancer: {} },
    }),
    prepareForUpdate: (object, old) => {
      const { clusterIP } = serviceOf(old).spec;
      const { spec } = serviceOf(object);
      const keepsIp = clusterIP && !spec.clusterIP && spec.type !== "ExternalName";
      return {
        ...object,
        spec: keepsIp ? withClusterIp(serviceOf(object), clusterIP) : spec,
        status: old["status"],
      };
    },
    validate: (object) => validateService(serviceOf(object)),
    validateUpdate: (object, old) => validateServiceUpdate(serviceOf(object), serviceOf(old)),
  },
};

function withClusterIp({ spec }: Service, clusterIP: string | undefined): Service["spec"] {
  if (clusterIP === undefined) return spec;
  return {
    ...spec,
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: spec.ipFamilies ?? ["IPv4"],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? "SingleStack",
  };
}
