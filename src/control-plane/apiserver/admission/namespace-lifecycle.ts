import { forbidden, notFound } from "../../../api/errors.ts";
import { groupResourceOf } from "../resource.ts";
import type { AdmissionPlugin } from "./admission.ts";

/**
 * Nothing is created in a namespace that is not there or is on its way out.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  handles: ({ resource }) => resource.namespaced,
  admitCreate(object, { resource, namespace, name }, view) {
    const found = view.namespace(namespace);
    if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace);
    if (found.metadata.deletionTimestamp !== undefined) {
      throw forbidden(
        groupResourceOf(resource),
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
    }
    return object;
  },
};
