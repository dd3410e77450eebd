import { expect, onTestFinished, test } from "vitest";
import { MortalStore } from "../../../src/control-plane/apiserver/mortal-store.ts";
import type { RangeResult } from "../../../src/control-plane/store/store.ts";
import { closeStore, dataDirectory, openDirectory } from "../store/file/data-directory.ts";
import { answerOf, type Stamped, value } from "../store/store-under-test.ts";

const put = (key: string) => ({
  compares: [],
  then: [{ type: "put" as const, key, value: value("") }],
});

test("what a store answers to a life that is over reaches nobody, though it was done", async () => {
  const file = openDirectory(dataDirectory());
  onTestFinished(() => closeStore(file));
  let isOver = false;
  const mortal = new MortalStore<Stamped>(file.store, () => isOver);
  const told: string[] = [];

  mortal.transact(put("a"), () => told.push("a"));
  await answerOf((done) => file.store.transact(put("b"), done));
  mortal.transact(put("c"), () => told.push("c"));
  mortal.compact(2, () => told.push("compacted"));
  isOver = true;
  await answerOf((done) => file.store.transact(put("d"), done));

  expect(told).toEqual(["a"]);
  const { items } = await answerOf<RangeResult<Stamped>>((done) =>
    file.store.range({ key: "a", rangeEnd: "z" }, done),
  );
  expect(items.map(({ key }) => key)).toEqual(["a", "b", "c", "d"]);
});
