import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the generated files are what the generator writes from its data", () => {
  const script = new URL("../../../src/api/schema/generate.mjs", import.meta.url);
  const check = () => execFileSync(process.execPath, [fileURLToPath(script), "--check"]);

  expect(check).not.toThrow();
});
