import { ApiError, forbidden, notFound } from "../../../api/errors.ts";
import { groupResourceOf } from "../resource.ts";
import type { RequestContext } from "../request.ts";
import type { AdmissionPlugin, AdmissionView } from "./admission.ts";

/** What no cluster can do without. */
const immortal: ReadonlySet<string> = new Set(["default", "kube-public", "kube-system"]);

/**
 * Nothing is created in a namespace that is not there or is on its way out, and some namespaces
 * stay for ever.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  handles: ({ resource }) => resource.namespaced || resource.plural === "namespaces",

  admitCreate(object, context, view) {
    requireLiving(context, view);
    return object;
  },

  checkAgain: requireLiving,

  admitDelete({ resource, name }) {
    if (resource.plural !== "namespaces" || !immortal.has(name)) return;
    throw forbidden(groupResourceOf(resource), name, "this namespace may not be deleted");
  },
};

function requireLiving({ resource, namespace, name }: RequestContext, view: AdmissionView): void {
  if (!resource.namespaced) return;
  const found = view.namespace(namespace);
  if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const { message, details } = forbidden(
    groupResourceOf(resource),
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  // Controllers look for this cause to tell a namespace that goes from a right they lack.
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  throw new ApiError("Forbidden", message, { ...details, causes: [cause] });
}
