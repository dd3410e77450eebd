import { badRequest, invalid, type StatusCause } from "../../../api/errors.ts";
import { invalidValue, notSupported } from "../../../api/field-errors.ts";
import type { DeleteOptions as DeleteOptionsBody } from "../../../api/objects.ts";
import { DecodeError } from "../../../api/schema/decode-error.ts";
import { noKindRegistered } from "../../../api/schema/decode-object.ts";
import { typeOf } from "../../../api/schema/schema.ts";
import type { DeleteOptions } from "../request.ts";
import { decodeTyped, mediaTypeOf, readBody } from "./body.ts";
import type { HttpRequest } from "./exchange.ts";
import type { Query } from "./query.ts";

const policies = ["Foreground", "Background", "Orphan"];
const optionsKind = { apiVersion: "v1", kind: "DeleteOptions" } as const;

/**
 * How to delete: from the body, or from the query where there is none.
 *
 * @throws {ApiError} BadRequest, Invalid
 */
export function readDeleteOptions(
  { body, headers }: HttpRequest,
  query: Query,
): DeleteOptions & { readonly dryRun: boolean } {
  const sent = body.length === 0 ? {} : decodeOptions(body, headers["content-type"]);
  const gracePeriodSeconds = sent.gracePeriodSeconds ?? query.integer("gracePeriodSeconds");
  const propagationPolicy =
    sent.propagationPolicy ?? (query.text("propagationPolicy") || undefined);
  requireOptions({ ...sent, ...(propagationPolicy !== undefined && { propagationPolicy }) });
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

/** Clients send them as of whatever group they talk to: `coordination.k8s.io/v1` is fine too. */
function decodeOptions(body: Buffer, contentType: string | undefined): Partial<DeleteOptionsBody> {
  const mediaType = mediaTypeOf(contentType);
  try {
    const { value, ...stated } = readBody(body, mediaType, optionsKind);
    const kind = stated.kind || optionsKind.kind;
    const apiVersion = stated.apiVersion || optionsKind.apiVersion;
    if (kind !== optionsKind.kind || !isKnown(apiVersion)) {
      throw new DecodeError(noKindRegistered({ apiVersion, kind }, metaScheme));
    }
    return decodeTyped(value, optionsKind, "Ignore").object;
  } catch (error) {
    throw error instanceof DecodeError ? badRequest(error.message) : error;
  }
}

/** The place in its source that upstream names when it does not know the kind of options. */
const metaScheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27";

function isKnown(apiVersion: string): boolean {
  return apiVersion === "meta.k8s.io/v1" || typeOf(apiVersion, optionsKind.kind) !== undefined;
}

/** @see kubernetes `apimachinery/pkg/apis/meta/v1/validation`: `ValidateDeleteOptions` */
function requireOptions(options: Partial<DeleteOptionsBody>): void {
  const { orphanDependents, propagationPolicy: policy, dryRun = [] } = options;
  const causes: StatusCause[] = [];
  if (orphanDependents !== undefined && policy !== undefined) {
    const why = "orphanDependents and deletionPropagation cannot be both set";
    causes.push(invalidValue("propagationPolicy", policy, why));
  }
  if (policy !== undefined && !policies.includes(policy)) {
    causes.push(notSupported("propagationPolicy", policy, [...policies, "nil"]));
  }
  if (dryRun.some((value) => value !== "All")) {
    causes.push(notSupported("dryRun", dryRun, ["All"]));
  }
  if (causes.length > 0) {
    throw invalid({ group: "meta.k8s.io", kind: optionsKind.kind }, "", causes);
  }
}
