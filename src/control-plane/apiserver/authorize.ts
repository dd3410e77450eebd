import { forbidden } from "../../api/errors.ts";
import type { RequestContext, UserInfo } from "./request.ts";

/** What somebody wants to do, as a path tells; the kind need not be served. */
export interface AccessAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  readonly plural: string;
  readonly subresource: string;
  /** Empty for the whole cluster. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
}

/** @throws {ApiError} Forbidden. See `requireAccess`. */
export function authorize(context: RequestContext, verb: string): void {
  const { user, resource, namespace, name, subresource } = context;
  if (mayDoAnything(user)) return;
  const { group, plural } = resource;
  requireAccess({ user, verb, group, plural, subresource, namespace, name });
}

/**
 * Members of `system:masters` may do anything, and so may nodes; nobody else may touch an object.
 *
 * @see kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`: `cluster-admin` is
 *   bound to `system:masters`
 * @throws {ApiError} Forbidden
 */
export function requireAccess(attributes: AccessAttributes): void {
  const { user, verb, group, plural, subresource, namespace, name } = attributes;
  if (mayDoAnything(user)) return;
  const path = subresource === "" ? plural : `${plural}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  throw forbidden(
    { group, resource: plural },
    name,
    `User "${user.username}" cannot ${verb} resource "${path}" in API group "${group}" ${where}`,
  );
}

function mayDoAnything({ groups }: UserInfo): boolean {
  return groups.includes("system:masters") || groups.includes("system:nodes");
}
