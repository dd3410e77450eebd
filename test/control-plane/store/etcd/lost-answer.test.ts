import { expect, test } from "vitest";
import { repeatabilityOf } from "../../../../src/control-plane/store/etcd/lost-answer.ts";
import type { Compare, Operation } from "../../../../src/control-plane/store/store.ts";

const put = (key: string): Operation<string> => ({ type: "put", key, value: "x" });
const read: Operation<string> = { type: "range", key: "a" };
const at = (modRevision: number): Compare<string> => ({ key: "a", modRevision });
const equals = (than: number): Compare<string> => ({
  key: "a",
  target: "modRevision",
  is: "=",
  than,
});

test.each([
  ["reads only", [at(0)], [read], [read], "reads"],
  ["updates what it compares", [at(7)], [put("a")], [read], "guarded"],
  [
    "updates what it compares, said the longer way",
    [equals(7)],
    [put("b"), put("a")],
    [],
    "guarded",
  ],
  ["deletes what it compares", [at(7)], [{ type: "delete", key: "a" }], [], "guarded"],
  ["creates, since somebody may delete that", [at(0)], [put("a")], [], "other"],
  ["writes without a condition", [], [put("a")], [], "other"],
  ["writes something else than it compares", [at(7)], [put("b")], [], "other"],
  ["writes either way", [at(7)], [put("a")], [put("b")], "other"],
] as const)("of a transaction that %s", (_what, compares, then, otherwise, type) => {
  expect(repeatabilityOf({ compares, then, otherwise }).type).toBe(type);
});
