import { invalid } from "../../../api/errors.ts";
import { notSupported } from "../../../api/field-errors.ts";
import type { DeleteOptions as DeleteOptionsBody } from "../../../api/objects.ts";
import type { DeleteOptions } from "../request.ts";
import { decodeBody } from "./body.ts";
import type { HttpRequest } from "./exchange.ts";
import type { Query } from "./query.ts";

const policies = ["Foreground", "Background", "Orphan"];

/**
 * How to delete: from the body, or from the query where there is none.
 *
 * @throws {ApiError} BadRequest, Invalid
 */
export function readDeleteOptions(
  { body, headers }: HttpRequest,
  query: Query,
): DeleteOptions & { readonly dryRun: boolean } {
  const sent: Partial<DeleteOptionsBody> =
    body.length === 0
      ? {}
      : decodeBody(
          body,
          headers["content-type"],
          { apiVersion: "v1", kind: "DeleteOptions" },
          "Ignore",
        ).object;
  const gracePeriodSeconds = sent.gracePeriodSeconds ?? query.integer("gracePeriodSeconds");
  const propagationPolicy =
    sent.propagationPolicy ?? (query.text("propagationPolicy") || undefined);
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [
      notSupported("propagationPolicy", propagationPolicy, [...policies, "nil"]),
    ]);
  }
  const { uid, resourceVersion } = sent.preconditions ?? {};
  return {
    gracePeriodSeconds,
    propagationPolicy,
    preconditions: {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    dryRun: (sent.dryRun ?? []).length > 0,
  };
}
