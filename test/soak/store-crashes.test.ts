import { expect, test } from "vitest";
import { dataDirectory } from "../control-plane/store/file/data-directory.ts";
import { killWriters } from "../control-plane/store/file/kill-writers.ts";

test("what a process that is killed 500 times acknowledged is there", async () => {
  const crashes = await killWriters(dataDirectory(), 500);

  expect(crashes.acknowledged).toBeGreaterThan(20_000);
  expect(crashes.snapshots).toBeGreaterThan(100);
});
