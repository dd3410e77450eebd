import { expect, test } from "vitest";
import { prefixEnd } from "../../../src/control-plane/store/store.ts";

test.each([
  ["/registry/pods/", "/registry/pods0"],
  ["a", "b"],
  ["a\uFFFF", "b"],
  ["", "\uFFFF"],
])("the end of the prefix %j is the first key after all that start with it: %j", (prefix, end) => {
  expect(prefixEnd(prefix)).toBe(end);
});
