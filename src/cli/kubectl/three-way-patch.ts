import { equalJson } from "../../api/equal-json.ts";
import type { SchemaField, SchemaType } from "../../api/schema/schema.ts";

type JsonMap = Readonly<Record<string, unknown>>;

/** The three states of an object that an `apply` weighs against each other. */
export interface ApplyStates {
  /** The manifest of the apply before. What it had and the manifest has no more is taken away. */
  readonly lastApplied: JsonMap;
  readonly manifest: JsonMap;
  /** The object as it is. What only it has is left alone. */
  readonly live: JsonMap;
}

/**
 * The patch that brings the live object to what the manifest says.
 *
 * @param type The object's type, for a strategic merge patch, in which lists are merged by key; without
 *   one it is a JSON merge patch, in which they are replaced.
 * @returns `{}` if nothing is to be done.
 * @see apimachinery `strategicpatch/patch.go`: CreateThreeWayMergePatch
 */
export function threeWayPatch(type: SchemaType | undefined, states: ApplyStates): JsonMap {
  const { lastApplied, live, manifest } = states;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(lastApplied)) {
    if (!Object.hasOwn(manifest, key)) patch[key] = null;
  }
  for (const [key, value] of Object.entries(manifest)) {
    const field = type?.field(key);
    const [before, now] = [lastApplied[key], live[key]];
    if (isMap(value) && isMap(now)) {
      const inner = threeWayPatch(messageType(field), {
        lastApplied: isMap(before) ? before : {},
        manifest: value,
        live: now,
      });
      if (Object.keys(inner).length > 0) patch[key] = withRetainedKeys(inner, value, field);
    } else if (Array.isArray(value) && Array.isArray(now) && isMerged(field)) {
      Object.assign(patch, listPatch(field, { before, value, now }));
    } else if (!equalJson(value, now)) {
      patch[key] = value;
    }
  }
  return patch;
}

interface ListStates {
  readonly before: unknown;
  readonly value: readonly unknown[];
  readonly now: readonly unknown[];
}

/** With the order of the elements, which a merge would not keep otherwise. */
function listPatch(field: SchemaField, { before, value, now }: ListStates): JsonMap {
  const key = field.patchMergeKey;
  const earlier: readonly unknown[] = Array.isArray(before) ? before : [];
  if (now.length === 0) return value.length === 0 ? {} : { [field.name]: value };
  return key === undefined
    ? scalarListPatch(field.name, earlier, value, now)
    : mapListPatch(field, key, {
        lastApplied: earlier as readonly JsonMap[],
        manifest: value as readonly JsonMap[],
        live: now as readonly JsonMap[],
      });
}

function mapListPatch(
  field: SchemaField,
  key: string,
  lists: { readonly [State in keyof ApplyStates]: readonly JsonMap[] },
): JsonMap {
  const { lastApplied, live, manifest } = lists;
  const find = (list: readonly JsonMap[], element: JsonMap): JsonMap | undefined =>
    list.find((each) => each[key] === element[key]);
  const changes = manifest.flatMap((element) => {
    const now = find(live, element);
    if (now === undefined) return [element];
    const inner = threeWayPatch(messageType(field), {
      lastApplied: find(lastApplied, element) ?? {},
      manifest: element,
      live: now,
    });
    if (Object.keys(inner).length === 0) return [];
    return [{ ...withRetainedKeys(inner, element, field), [key]: element[key] }];
  });
  const deletions = lastApplied
    .filter((element) => find(manifest, element) === undefined)
    .map((element) => ({ $patch: "delete", [key]: element[key] }));
  const isInOrder =
    manifest.length === live.length &&
    manifest.every((element, index) => element[key] === live[index]?.[key]);
  const elements = [...changes, ...deletions];
  if (elements.length === 0 && isInOrder) return {};
  return {
    ...(elements.length > 0 && { [field.name]: elements }),
    [`$setElementOrder/${field.name}`]: manifest.map((element) => ({ [key]: element[key] })),
  };
}

function scalarListPatch(
  name: string,
  before: readonly unknown[],
  value: readonly unknown[],
  now: readonly unknown[],
): JsonMap {
  const additions = value.filter((each) => !now.includes(each));
  const deletions = before.filter((each) => !value.includes(each));
  if (deletions.length === 0 && equalJson(value, now)) return {};
  return {
    ...(additions.length > 0 && { [name]: additions }),
    ...(deletions.length > 0 && { [`$deleteFromPrimitiveList/${name}`]: deletions }),
    [`$setElementOrder/${name}`]: value,
  };
}

/** Of a union, such as a volume's source, only what the manifest has is to stay. */
function withRetainedKeys(
  patch: JsonMap,
  manifest: JsonMap,
  field: SchemaField | undefined,
): JsonMap {
  if (!field?.patchStrategies.includes("retainKeys")) return patch;
  return { ...patch, $retainKeys: Object.keys(manifest).toSorted((a, b) => (a < b ? -1 : 1)) };
}

function isMerged(field: SchemaField | undefined): field is SchemaField {
  return field?.isList === true && field.patchStrategies.includes("merge");
}

function messageType(field: SchemaField | undefined): SchemaType | undefined {
  return field?.kind === "message" && !field.isMap ? field.type : undefined;
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
