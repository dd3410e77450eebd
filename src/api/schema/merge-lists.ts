import {
  goPrint,
  goTypeOf,
  missingMergeKey,
  PatchError,
  unknownDirective,
  wrongType,
} from "./patch-error.ts";

export type Json = Readonly<Record<string, unknown>>;
export type List = readonly unknown[];

/** How elements of a list are matched and merged. */
export interface ListMerge {
  /** Undefined for lists of scalars, which are matched by value. */
  readonly mergeKey: string | undefined;
  readonly mergeElements: (original: Json, patch: Json) => unknown;
}

/**
 * Two lists of the `merge` strategy: elements of the patch are merged into those that they match.
 *
 * New elements come first, unless the order of the others tells where they belong.
 *
 * @throws {PatchError} `map: map[image:9] does not contain declared merge key: name`, …
 * @see kubernetes `apimachinery/pkg/util/strategicpatch/patch.go`: `mergeSlice`
 */
export function mergeLists(original: List, patch: List, merge: ListMerge): List {
  if (original.length === 0 && patch.length === 0) return original;
  const { mergeKey } = merge;
  if (!isListOfMaps(original, patch)) {
    const merged = [...new Set([...original, ...patch])];
    return inOrder(merged, patch, original, mergeKey);
  }
  if (mergeKey === undefined) {
    throw new PatchError("cannot merge lists without merge key for struct");
  }
  const [kept, additions] = applyElementDirectives(original, patch, mergeKey);
  const merged = mergeElements(kept, additions, mergeKey, merge);
  return inOrder(merged, additions, kept, mergeKey);
}

/** `$deleteFromPrimitiveList`. */
export function deleteFromList(original: List, patch: List): List {
  if (original.length === 0 && patch.length === 0) return original;
  if (isListOfMaps(original, patch)) {
    throw new PatchError("cannot merge lists without merge key for struct");
  }
  return original.filter((item) => !patch.includes(item));
}

/**
 * Elements that `order` names in that order, the others where they were among them.
 *
 * @param before The list as it was, which decides where the others go.
 */
export function inOrder(list: List, order: List, before: List, mergeKey: string | undefined): List {
  const named = positionsOf(order, mergeKey);
  const isNamed = (item: unknown): boolean => named.has(keyOf(item, mergeKey));
  if (mergeKey !== undefined) {
    expectMergeKeys(list, mergeKey);
    for (const [index, item] of order.entries()) {
      if (!isMap(item)) throw new PatchError(`value for key ${index} is not a map`);
    }
  }
  return interleaved(
    sortedBy(
      before,
      list.filter((item) => !isNamed(item)),
      mergeKey,
    ),
    sortedBy(order, list.filter(isNamed), mergeKey),
    before,
    mergeKey,
  );
}

/** The elements that no `$patch: delete` element of the patch names. */
export function withoutDeleted(list: List, patch: List, mergeKey: string | undefined): List {
  const deleted = positionsOf(patch.filter(isDeletion), mergeKey);
  return list.filter((item) => !deleted.has(keyOf(item, mergeKey)));
}

/** The patch's elements must come in the order that its `$setElementOrder` gives them. */
export function expectOrder(patch: List, order: List, mergeKey: string | undefined): void {
  if (order.length === 0 || patch.length === 0) return;
  const items = mergeKey === undefined ? patch : patch.filter((item) => !isDeletion(item));
  let next = 0;
  for (let index = 0; index < order.length && next < items.length;) {
    const item = items[next];
    if (isMap(item) && "$patch" in item) {
      next++;
      continue;
    }
    if (mergeKey !== undefined) expectMergeKeys([item, order[index]], mergeKey);
    if (keyOf(item, mergeKey) === keyOf(order[index], mergeKey)) next++;
    index++;
  }
  if (next < items.length) {
    throw new PatchError(
      `The order in patch list:\n${goPrint(patch)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`,
    );
  }
}

export function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All elements must be of one kind, and that must not be lists. */
function isListOfMaps(...lists: readonly List[]): boolean {
  const [first, ...others] = lists.flat().map(goTypeOf);
  if (first === "[]interface {}") throw new PatchError("lists of lists are not supported", 422);
  if (others.some((other) => other !== first)) {
    throw new PatchError(`list element types are not identical: ${goPrint(lists)}`);
  }
  return first === "map[string]interface {}";
}

/** `$patch: delete` and `$patch: replace` elements: what stays of both lists without them. */
function applyElementDirectives(
  original: List,
  patch: List,
  mergeKey: string,
): readonly [List, List] {
  let kept = original;
  let isReplaced = false;
  const additions: unknown[] = [];
  for (const item of patch) {
    const directive = (item as Json)["$patch"];
    if (directive === undefined) {
      additions.push(item);
    } else if (directive === "replace") {
      isReplaced = true;
    } else if (directive === "delete") {
      expectMergeKeys([item], mergeKey);
      kept = withoutDeleted(kept, [item], mergeKey);
    } else if (directive === "merge") {
      throw new PatchError("merging lists cannot yet be specified in the patch");
    } else {
      throw unknownDirective(directive, item);
    }
  }
  return isReplaced ? [additions, []] : [kept, additions];
}

function mergeElements(original: List, patch: List, mergeKey: string, merge: ListMerge): List {
  const merged = [...original];
  const positions = new Map(positionsOf(original, mergeKey));
  for (const item of patch) {
    expectMergeKeys([item], mergeKey);
    const key = keyOf(item, mergeKey);
    const position = positions.get(key);
    if (position === undefined) positions.set(key, merged.push(item) - 1);
    else merged[position] = merge.mergeElements(merged[position] as Json, item as Json);
  }
  return merged;
}

/**
 * Go sorts with a comparison that calls an element it does not know smaller than any, so the result
 * depends on how it sorts: by insertion, for lists of up to twenty.
 */
function sortedBy(order: List, list: List, mergeKey: string | undefined): List {
  if (mergeKey !== undefined) expectMergeKeys(order, mergeKey);
  const sorted = list.filter((item) => !isDeletion(item));
  const positions = positionsOf(order, mergeKey);
  const isLess = (left: unknown, right: unknown): boolean => {
    const leftPosition = positions.get(keyOf(left, mergeKey));
    const rightPosition = positions.get(keyOf(right, mergeKey));
    if (leftPosition === undefined || rightPosition === undefined) return true;
    return leftPosition < rightPosition;
  };
  for (let end = 1; end < sorted.length; end++) {
    for (let index = end; index > 0 && isLess(sorted[index], sorted[index - 1]); index--) {
      [sorted[index - 1], sorted[index]] = [sorted[index], sorted[index - 1]];
    }
  }
  return [...sorted, ...list.filter(isDeletion)];
}

/** Both lists keep their order; an element goes before one that was behind it in `before`. */
function interleaved(others: List, named: List, before: List, mergeKey: string | undefined): List {
  const positions = positionsOf(before, mergeKey);
  const positionOf = (item: unknown): number => positions.get(keyOf(item, mergeKey)) ?? -1;
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const position = positionOf(item);
    while (next < others.length && positionOf(others[next]) < position) {
      result.push(others[next++]);
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

/** Where each element first is, by its key. */
function positionsOf(list: List, mergeKey: string | undefined): ReadonlyMap<unknown, number> {
  const positions = new Map<unknown, number>();
  for (const [position, item] of list.entries()) {
    const key = keyOf(item, mergeKey);
    if (!positions.has(key)) positions.set(key, position);
  }
  return positions;
}

function keyOf(item: unknown, mergeKey: string | undefined): unknown {
  return mergeKey === undefined ? item : (item as Json | undefined)?.[mergeKey];
}

function isDeletion(item: unknown): boolean {
  return isMap(item) && item["$patch"] === "delete";
}

function expectMergeKeys(list: List, mergeKey: string): void {
  for (const item of list) {
    if (!isMap(item)) throw wrongType("map", item);
    if (!(mergeKey in item)) throw missingMergeKey(item, mergeKey);
  }
}
