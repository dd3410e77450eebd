import { forbidden } from "../../api/errors.ts";
import type { RequestContext } from "./request.ts";
import { groupResourceOf } from "./resource.ts";

/**
 * Members of `system:masters` may do anything, and so may nodes; nobody else may touch an object.
 *
 * @see kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`: `cluster-admin` is
 *   bound to `system:masters`
 * @throws {ApiError} Forbidden
 */
export function authorize(context: RequestContext, verb: string): void {
  const { user, resource, namespace, name, subresource } = context;
  if (user.groups.includes("system:masters") || user.groups.includes("system:nodes")) return;
  const { group, plural } = resource;
  const path = subresource === "" ? plural : `${plural}/${subresource}`;
  const where =
    resource.namespaced && namespace !== ""
      ? `in the namespace "${namespace}"`
      : "at the cluster scope";
  throw forbidden(
    groupResourceOf(resource),
    name,
    `User "${user.username}" cannot ${verb} resource "${path}" in API group "${group}" ${where}`,
  );
}
