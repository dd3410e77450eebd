import type { StatusCause } from "../errors.ts";
import { invalidValue } from "../field-errors.ts";
import { byteLength, dns1123Subdomain, qualifiedName } from "../names.ts";
import type { Event } from "../objects.ts";
import { invalidFor, requiredText } from "./field-checks.ts";

/**
 * What is wrong with an event of the core group, new or changed. One with an `eventTime` is held to
 * the rules of the newer events API; its name is not looked at here.
 *
 * @see kubernetes `pkg/apis/core/validation/events.go`: `legacyValidateEvent`
 */
export function validateEvent(event: Event): StatusCause[] {
  const { namespace = "" } = event.metadata;
  const isNew = event.eventTime !== undefined && event.eventTime !== null;
  return [
    ...validateInvolvedNamespace(event, isNew),
    ...(isNew ? validateReporting(event) : []),
    ...invalidFor("namespace", namespace, dns1123Subdomain(namespace)),
  ];
}

/** Events about cluster-wide objects live in `default`, newer ones also in `kube-system`. */
function validateInvolvedNamespace(event: Event, isNew: boolean): StatusCause[] {
  const { namespace = "" } = event.metadata;
  const { namespace: involved = "" } = event.involvedObject;
  const homes = isNew ? ["default", "kube-system"] : ["", "default"];
  const isRight = involved === "" ? homes.includes(namespace) : isNew || involved === namespace;
  if (isRight) return [];
  const rule = "does not match event.namespace";
  return [invalidValue("involvedObject.namespace", involved, rule)];
}

const bytesMax = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

function validateReporting(event: Event): StatusCause[] {
  const { reportingComponent = "" } = event;
  const limited = (field: keyof typeof bytesMax) =>
    byteLength(event[field] ?? "") > bytesMax[field]
      ? [invalidValue(field, "", `can have at most ${bytesMax[field]} characters`)]
      : [];
  return [
    ...requiredText("reportingComponent", reportingComponent),
    ...invalidFor("reportingComponent", reportingComponent, qualifiedName(reportingComponent)),
    ...requiredText("reportingInstance", event.reportingInstance),
    ...limited("reportingInstance"),
    ...requiredText("action", event.action),
    ...limited("action"),
    ...requiredText("reason", event.reason),
    ...limited("reason"),
    ...limited("message"),
  ];
}
