import { execFileSync } from "node:child_process";
import type { TestProject } from "vitest/node";

/** Worker threads run compiled JavaScript, so compile before the first test and each watch rerun. */
export default function setup(project: TestProject): void {
  compile();
  project.onTestsRerun(() => compile());
}

/** Without looking at types: that is what `npm run check` is for. */
function compile(): void {
  const tsc = ["node_modules/typescript/bin/tsc", "--project", "tsconfig.build.json", "--noCheck"];
  execFileSync(process.execPath, tsc, { stdio: "inherit" });
}
