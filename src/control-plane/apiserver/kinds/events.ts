import type { Event as CoreEvent, KubeObject } from "../../../api/objects.ts";
import { validateEvent } from "../../../api/validation/event.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const eventOf = (object: KubeObject): CoreEvent => object as unknown as CoreEvent;

/** @see kubernetes `pkg/registry/core/event/strategy.go` */
export const events: Resource = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  namespaced: true,
  verbs: allVerbs,
  subresources: [],
  keyPrefix: "/registry/events/",
  selectableFields: {
    "involvedObject.kind": (object) => eventOf(object).involvedObject.kind ?? "",
    "involvedObject.namespace": (object) => eventOf(object).involvedObject.namespace ?? "",
    "involvedObject.name": (object) => eventOf(object).involvedObject.name ?? "",
    "involvedObject.uid": (object) => eventOf(object).involvedObject.uid ?? "",
    "involvedObject.apiVersion": (object) => eventOf(object).involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": (object) =>
      eventOf(object).involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": (object) => eventOf(object).involvedObject.fieldPath ?? "",
    reason: (object) => eventOf(object).reason ?? "",
    reportingComponent: (object) => eventOf(object).reportingComponent ?? "",
    source: (object) =>
      eventOf(object).source?.component || (eventOf(object).reportingComponent ?? ""),
    type: (object) => eventOf(object).type ?? "",
  },
  deletionAnswersObject: false,
  strategy: { ...plainStrategy, validate: (object) => validateEvent(eventOf(object)) },
};
