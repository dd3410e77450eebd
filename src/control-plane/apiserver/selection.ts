import { badRequest } from "../../api/errors.ts";
import { goQuote } from "../../api/go-format.ts";
import type { KubeObject } from "../../api/objects.ts";
import {
  type FieldSelector,
  type LabelSelector,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from "../../api/selectors.ts";
import type { Resource } from "./resource.ts";
import type { StoredObject } from "./stored/stored-object.ts";

/** Which objects of a kind a list, watch or deletion is about. */
export interface Selection {
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly labels: LabelSelector | undefined;
  readonly fields: readonly SelectedField[];
}

/** A term of a field selector, and how to read what it is about. */
export type SelectedField = FieldSelector[number] & {
  readonly read: (stored: StoredObject) => string;
};

/** @throws {ApiError} BadRequest, for a selector that does not parse or a field nobody can select. */
export function parseSelection(
  resource: Resource,
  namespace: string,
  labelSelector: string,
  fieldSelector: string,
): Selection {
  const terms = fieldSelector === "" ? [] : parseFieldSelector(fieldSelector);
  const fields = terms.map((term): SelectedField => {
    const read = fieldReader(resource, term.field);
    if (read === undefined) throw badRequest(unsupported(resource, term.field));
    return { ...term, read };
  });
  return {
    namespace,
    labels: labelSelector === "" ? undefined : parseLabelSelector(labelSelector),
    fields,
  };
}

export function isSelected(selection: Selection, stored: StoredObject): boolean {
  if (selection.namespace !== "" && selection.namespace !== stored.namespace) return false;
  if (selection.labels !== undefined && !matchesLabels(selection.labels, stored.labels))
    return false;
  for (const { operator, value, read } of selection.fields) {
    if ((read(stored) === value) !== (operator === "=")) return false;
  }
  return true;
}

export function selectsAll({ namespace, labels, fields }: Selection): boolean {
  return namespace === "" && labels === undefined && fields.length === 0;
}

/** The value a selection demands of a field with `=`, if it does. */
export function demandedValue(selection: Selection, field: string): string | undefined {
  return selection.fields.find((term) => term.field === field && term.operator === "=")?.value;
}

export function fieldReader(
  resource: Resource,
  field: string,
): ((stored: StoredObject) => string) | undefined {
  if (field === "metadata.name") return readName;
  if (field === "metadata.namespace" && resource.namespaced) return readNamespace;
  const { selectableFields } = resource;
  if (!Object.hasOwn(selectableFields, field)) return undefined;
  const read = selectableFields[field] as (object: KubeObject) => string;
  return (stored) => stored.knownField(field) ?? read(stored.toObject());
}

/** @see apimachinery `runtime/conversion.go`: what kinds get that bring no labels of their own */
function unsupported({ selectableFields }: Resource, field: string): string {
  return Object.keys(selectableFields).length > 0
    ? `field label not supported: ${field}`
    : `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

const readName = ({ name }: StoredObject): string => name;
const readNamespace = ({ namespace }: StoredObject): string => namespace;
