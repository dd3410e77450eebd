import { beforeAll, describe, expect, test } from "vitest";
import { type Finding, lintTree } from "./lint-tree.ts";

/** Habits, each with a file that lacks it. */
const habits: readonly (readonly [rule: string, file: string, content: string])[] = [
  [
    "import(no-cycle)",
    "src/api/hen.ts",
    'import { egg } from "./egg.ts";\nexport const hen = { egg };\n',
  ],
  [
    "import(no-cycle)",
    "src/api/egg.ts",
    'import { hen } from "./hen.ts";\nexport const egg = { hen };\n',
  ],
  ["import(no-default-export)", "src/api/by-default.ts", "export default {};\n"],
  ["import(no-default-export)", "workers/by-default-thread.ts", "export default {};\n"],
  [
    "import(no-duplicates)",
    "src/api/twice.ts",
    'import { thing } from "./thing.ts";\nimport { other } from "./thing.ts";\nexport const twice = [thing, other];\n',
  ],
  ["unicorn(filename-case)", "src/api/camelCase.ts", "export {};\n"],
  ["unicorn(prefer-node-protocol)", "test/bare-module.ts", 'export { join } from "path";\n'],
  [
    "typescript(no-floating-promises)",
    "src/api/floating.ts",
    "export function float(): void {\n  Promise.resolve(1).then(String);\n}\n",
  ],
  [
    "typescript(no-misused-promises)",
    "src/api/misused.ts",
    "export const misused = (go: () => Promise<boolean>) => (go() ? 1 : 2);\n",
  ],
  [
    "typescript(switch-exhaustiveness-check)",
    "src/api/half-switch.ts",
    'export function half(side: "left" | "right"): number {\n  switch (side) {\n    case "left":\n      return 1;\n  }\n  return 2;\n}\n',
  ],
  [
    "typescript(no-explicit-any)",
    "src/api/anything.ts",
    "export const anything = (value: any): unknown => value;\n",
  ],
  [
    "typescript(only-throw-error)",
    "src/api/thrown.ts",
    'export function thrown(): never {\n  throw { message: "no stack" };\n}\n',
  ],
  [
    "typescript(consistent-type-imports)",
    "src/api/value-import.ts",
    'import { Thing } from "./thing.ts";\nexport type Alias = Thing;\n',
  ],
  [
    "eslint(eqeqeq)",
    "src/api/loose.ts",
    "export const loose = (left: unknown, right: unknown) => left == right;\n",
  ],
  ["eslint(no-unused-vars)", "src/api/unused.ts", "const unused = 1;\nexport {};\n"],
  ["eslint(no-warning-comments)", "src/api/later.ts", `// ${"TO"}DO: write it\nexport {};\n`],
  ["eslint(no-console)", "src/api/loud.ts", 'console.log("heard");\nexport {};\n'],
  ["eslint(max-lines)", "src/api/long.ts", `${"\n".repeat(400)}export {};\n`],
  [
    "eslint(no-restricted-imports)",
    "src/kernel/barrel.ts",
    'export { thing } from "../index.ts";\n',
  ],
  [
    "eslint(no-restricted-imports)",
    "src/kernel/test-reader.ts",
    'export { thing } from "../../test/thing.ts";\n',
  ],
  [
    "eslint(no-restricted-imports)",
    "src/data-plane/worker-reader.ts",
    'export { thing } from "#workers/thing";\n',
  ],
  [
    "eslint(no-restricted-imports)",
    "src/kernel/uuid.ts",
    'export { randomUUID } from "node:crypto";\n',
  ],
  [
    "vitest(no-focused-tests)",
    "test/focused.test.ts",
    'import { expect, test } from "vitest";\ntest.only("adds", () => expect(1).toBe(1));\n',
  ],
  [
    "vitest(no-disabled-tests)",
    "test/disabled.test.ts",
    'import { expect, test } from "vitest";\ntest.skip("adds", () => expect(1).toBe(1));\n',
  ],
];

/** Everything that is fine, side by side. */
const clean: Readonly<Record<string, string>> = {
  "src/api/greeting.ts": 'export const greeting = "hello";\n',
  "src/kernel/digest.ts":
    'import { createHash } from "node:crypto";\n\nexport const digest = (text: string) => createHash("sha256").update(text).digest("hex");\n',
  "src/cli/speak.ts":
    'import { greeting } from "../api/greeting.ts";\n\nconsole.log(greeting, new Date(), process.argv);\n',
  "workers/answer-task.ts": "export default (): number => 42;\n",
  "test/greeting.test.ts":
    'import { expect, test } from "vitest";\nimport { greeting } from "../src/api/greeting.ts";\n\ntest("greets", () => expect(greeting).toBe("hello"));\n',
  "bench/measure.ts": "console.log(performance.now());\n",
};

let findings: readonly Finding[];

beforeAll(async () => {
  const thing =
    "export interface Thing {\n  readonly size: number;\n}\nexport const thing: Thing = { size: 1 };\nexport const other = 2;\n";
  const lacking = Object.fromEntries(habits.map(([, file, content]) => [file, content]));
  findings = await lintTree({ "src/api/thing.ts": thing, ...lacking, ...clean });
}, 60_000);

describe("the linter", () => {
  test.each(habits)("reports %s in %s", (rule, file) => {
    expect(rulesReported(file)).toContain(rule);
  });

  test.each(Object.keys(clean))("has nothing to say about %s", (file) => {
    expect(rulesReported(file)).toEqual([]);
  });
});

function rulesReported(file: string): string[] {
  return findings.filter((finding) => finding.file === file).map(({ rule }) => rule);
}
