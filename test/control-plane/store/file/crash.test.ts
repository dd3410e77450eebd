import { expect, test } from "vitest";
import { dataDirectory } from "./data-directory.ts";
import { killWriters } from "./kill-writers.ts";

test("what a killed process acknowledged is there, whenever it is killed", async () => {
  const crashes = await killWriters(dataDirectory(), 25);

  expect(crashes.acknowledged).toBeGreaterThan(1_000);
  expect(crashes.snapshots).toBeGreaterThan(0);
}, 120_000);
