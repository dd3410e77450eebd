/** Whether two plain JSON values are the same. Shared parts, the usual case, cost one comparison. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
    return false;
  }
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equalJson(item, right[index]))
    );
  }
  if (Array.isArray(right)) return false;
  const leftRecord = left as Readonly<Record<string, unknown>>;
  const rightRecord = right as Readonly<Record<string, unknown>>;
  let fields = 0;
  for (const field in leftRecord) {
    if (leftRecord[field] === undefined) continue;
    fields++;
    if (!equalJson(leftRecord[field], rightRecord[field])) return false;
  }
  for (const field in rightRecord) if (rightRecord[field] !== undefined) fields--;
  return fields === 0;
}
