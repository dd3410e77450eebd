import { goQuote } from "../go-format.ts";
import {
  deleteFromList,
  expectOrder,
  inOrder,
  isMap,
  type Json,
  type List,
  mergeLists,
  withoutDeleted,
} from "./merge-lists.ts";
import { PatchError, unknownDirective, wrongType } from "./patch-error.ts";
import type { SchemaField, SchemaType } from "./schema.ts";

/**
 * A strategic merge patch: maps are merged, lists replaced or merged by key as the schema says, and
 * `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` followed.
 *
 * Neither input is changed. The result is what upstream's would be before it is decoded into the
 * type, so `decodeValue` is to follow.
 *
 * @throws {PatchError} with upstream's words.
 * @see kubernetes `apimachinery/pkg/util/strategicpatch/patch.go`: `mergeMap`
 */
export function strategicMergePatch(type: SchemaType, original: Json, patch: Json): Json {
  return mergeMaps({ type, goKind: "struct" }, original, patch);
}

const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";
const directives = { patch: "$patch", retainKeys: "$retainKeys" };

/** Where in the schema the patch is. Only structs have fields to look up. */
interface Place {
  readonly type?: SchemaType;
  /** What Go's reflection calls it. */
  readonly goKind: "struct" | "map" | "slice" | "string";
}

function mergeMaps(place: Place, original: Json, patch: Json): Json {
  if (directives.patch in patch) return applyDirective(patch);
  const remaining = new Map(Object.entries(patch));
  const merged = retainKeys(original, remaining);
  mergeOrderedLists(place, merged, remaining);
  for (const [patchKey, value] of remaining) {
    const isDeletion = patchKey.startsWith(deletePrefix);
    const key = isDeletion ? patchKey.slice(deletePrefix.length) : patchKey;
    if (value === null || value === undefined) {
      merged.delete(key);
    } else if (!merged.has(key) || kindOf(merged.get(key)) !== kindOf(value)) {
      if (!isDeletion) setWithoutDirectives(merged, key, withoutNulls(value));
    } else if (isMap(value)) {
      merged.set(key, mergeMapField(place, key, merged.get(key) as Json, value));
    } else if (Array.isArray(value)) {
      const before = merged.get(key) as List;
      merged.set(key, mergeListField(place, key, before, value, isDeletion));
    } else {
      merged.set(key, value);
    }
  }
  return Object.fromEntries(merged);
}

function applyDirective(patch: Json): Json {
  const { [directives.patch]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw unknownDirective(directive, patch);
}

function retainKeys(original: Json, patch: Map<string, unknown>): Map<string, unknown> {
  const retained = patch.get(directives.retainKeys);
  const entries = Object.entries(original);
  if (!patch.delete(directives.retainKeys)) return new Map(entries);
  if (!Array.isArray(retained)) throw badFormat("retainKeys");
  for (const [key, value] of patch) {
    if (value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    if (!retained.includes(key)) throw badFormat("retainKeys");
  }
  return new Map(entries.filter(([key]) => retained.includes(key)));
}

/** Merges the lists that have a `$setElementOrder`, and takes them out of the patch. */
function mergeOrderedLists(
  place: Place,
  merged: Map<string, unknown>,
  patch: Map<string, unknown>,
): void {
  for (const [directive, order] of patch) {
    if (!directive.startsWith(orderPrefix)) continue;
    patch.delete(directive);
    const key = directive.slice(orderPrefix.length);
    const before = merged.has(key) ? merged.get(key) : [];
    const changes = patch.has(key) ? patch.get(key) : [];
    if (!Array.isArray(order)) throw wrongType("list", order);
    if (!Array.isArray(before)) throw wrongType("list", before);
    if (!Array.isArray(changes)) throw wrongType("list", changes);
    const { patchMergeKey } = listField(place, key);
    expectOrder(changes, order, patchMergeKey);
    if (!merged.has(key) && !patch.has(key)) continue;
    const list = !patch.has(key)
      ? before
      : merged.has(key)
        ? mergeListField(place, key, before, changes, false)
        : (withoutDirectives(changes) as List);
    if (before.length === 0 && changes.length === 0) {
      throw new PatchError("no elements in any of the given slices");
    }
    const remaining = withoutDeleted(before, changes, patchMergeKey);
    merged.set(key, inOrder(list, order, remaining, patchMergeKey));
    patch.delete(key);
  }
}

function mergeMapField(place: Place, key: string, original: Json, patch: Json): Json {
  const field = fieldAt(place, key);
  if (strategyOf(field) === "replace") return patch;
  return mergeMaps(placeOf(field), original, patch);
}

function mergeListField(
  place: Place,
  key: string,
  original: List,
  patch: List,
  isDeletion: boolean,
): List {
  const field = listField(place, key);
  if (isDeletion) return deleteFromList(original, patch);
  if (strategyOf(field) !== "merge") return patch;
  return mergeLists(original, patch, {
    mergeKey: field.patchMergeKey,
    mergeElements: (before, change) => mergeMaps(elementPlaceOf(field), before, change),
  });
}

function listField(place: Place, key: string): SchemaField {
  const field = fieldAt(place, key);
  if (field.isList || placeOf(field).goKind === "slice") return field;
  throw new PatchError(`expected slice or array type, but got: ${place.goKind}`);
}

function fieldAt({ type, goKind }: Place, key: string): SchemaField {
  if (type === undefined) {
    throw new PatchError(
      `merging an object in json but data type is not struct, instead is: ${goKind}`,
    );
  }
  const field = type.field(key);
  if (field !== undefined) return field;
  const struct = type.goName.replace(/.*\./, "");
  throw new PatchError(
    `unable to find api field in struct ${struct} for the json field ${goQuote(key)}`,
  );
}

function placeOf(field: SchemaField): Place {
  if (field.isMap) return { goKind: "map" };
  return field.isList ? { goKind: "slice" } : elementPlaceOf(field);
}

function elementPlaceOf(field: SchemaField): Place {
  if (field.kind === "bytes") return { goKind: "slice" };
  if (field.kind !== "message") return { goKind: "string" };
  return field.type.form === "strings"
    ? { goKind: "slice" }
    : { type: field.type, goKind: "struct" };
}

function strategyOf(field: SchemaField): string | undefined {
  return field.patchStrategies.find((strategy) => strategy !== "retainKeys");
}

/** Nothing is set for a value that is itself a directive. */
function setWithoutDirectives(merged: Map<string, unknown>, key: string, value: unknown): void {
  const clean = withoutDirectives(value);
  if (clean === undefined) merged.delete(key);
  else merged.set(key, clean);
}

/** Undefined for a map with a `$patch`; maps and lists inside lose those that have one. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((item) => item !== undefined);
  }
  if (!isMap(value)) return value;
  if (directives.patch in value) return undefined;
  return mapValues(value, withoutDirectives);
}

/** New maps have no fields that are null, at any depth; there is nothing to delete in them. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  return mapValues(value, (item) => (item === null ? undefined : withoutNulls(item)));
}

function mapValues(map: Json, change: (value: unknown) => unknown): Json {
  const changed = Object.entries(map).map(([key, value]) => [key, change(value)] as const);
  return Object.fromEntries(changed.filter(([, value]) => value !== undefined));
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "list" : value === null ? "null" : typeof value;
}

function badFormat(directive: string): PatchError {
  return new PatchError(`invalid patch format of ${directive}`, 400);
}
