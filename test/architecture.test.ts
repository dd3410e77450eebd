import { readdirSync } from "node:fs";
import { basename, join, posix, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Finding, lintTree } from "./lint-tree.ts";

/**
 * Who may import whom, written down a second time: a rule that is lost from `oxlint.config.js`
 * turns one of these tests red, and so does one that is added without being tried.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "src/kernel": [],
  "src/api": ["src/kernel"],
  "src/control-plane/store": ["src/kernel", "src/api"],
  "src/control-plane/apiserver": ["src/kernel", "src/api", "src/control-plane/store"],
  "src/control-plane/client": ["src/kernel", "src/api", "src/control-plane/apiserver"],
  "src/control-plane/controllers": ["src/kernel", "src/api", "src/control-plane/client"],
  "src/control-plane/scheduler": ["src/kernel", "src/api", "src/control-plane/client"],
  "src/data-plane": ["src/kernel", "src/api"],
  "src/cluster": [
    "src/kernel",
    "src/api",
    "src/control-plane/store",
    "src/control-plane/apiserver",
    "src/control-plane/client",
    "src/control-plane/controllers",
    "src/control-plane/scheduler",
    "src/data-plane",
    "workers",
  ],
  "src/report": ["src/kernel", "src/api"],
  "src/cli": ["src/kernel", "src/api", "src/cluster", "src/report"],
  workers: ["src/kernel", "src/api", "src/data-plane"],
};
const folders = Object.keys(mayImport);
const simulatedFolders = folders.filter((folder) => !["src/report", "src/cli"].includes(folder));

const network = ["dgram", "dns", "http", "http2", "https", "net", "tls"].map(node);
const machine = ["child_process", "fs", "fs/promises", "os", "process"].map(node);
const others = ["crypto", "perf_hooks", "timers", "timers/promises"].map(node);
const rpc = ["@grpc/grpc-js", "@grpc/proto-loader"];
const modules = [...others, ...network, ...rpc, ...machine];

/** What a simulated file could do to make two runs differ, with the rule that is to stop it. */
const reaches: readonly (readonly [statement: string, rule: string])[] = [
  ["new Date()", "no-restricted-globals"],
  ["Date.now()", "no-restricted-globals"],
  ["performance.now()", "no-restricted-globals"],
  ["setTimeout(() => {}, 1)", "no-restricted-globals"],
  ["setInterval(() => {}, 1)", "no-restricted-globals"],
  ["setImmediate(() => {})", "no-restricted-globals"],
  ["queueMicrotask(() => {})", "no-restricted-globals"],
  ["crypto.randomUUID()", "no-restricted-globals"],
  ["new WeakRef({})", "no-restricted-globals"],
  ["new FinalizationRegistry(() => {})", "no-restricted-globals"],
  ["new Intl.Collator()", "no-restricted-globals"],
  ["process.env", "no-restricted-globals"],
  ['fetch("http://localhost")', "no-restricted-globals"],
  ['new WebSocket("ws://localhost")', "no-restricted-globals"],
  ["Math.random()", "no-restricted-properties"],
  ["process.hrtime()", "no-restricted-properties"],
  ["process.uptime()", "no-restricted-properties"],
  ["process.nextTick(() => {})", "no-restricted-properties"],
  ["globalThis.Date.now()", "no-restricted-properties"],
  ["globalThis.setTimeout(() => {}, 1)", "no-restricted-properties"],
  ['"a".localeCompare("b")', "no-restricted-properties"],
  ["(1000).toLocaleString()", "no-restricted-properties"],
  ["Promise.race([])", "no-restricted-properties"],
  ["Promise.any([])", "no-restricted-properties"],
  ...modules.map((name) => [`from "${name}"`, "no-restricted-imports"] as const),
];
const clock = ["new Date()", "Date.now()", "performance.now()", "globalThis.Date.now()"];
const timers = ["setTimeout(() => {}, 1)", "setInterval(() => {}, 1)", "setImmediate(() => {})"];

/** Files that may do some of it all the same. */
const exceptions: readonly (readonly [file: string, may: readonly string[]])[] = [
  [
    "src/kernel/wall-clock.ts",
    [
      ...clock,
      ...timers,
      "queueMicrotask(() => {})",
      "globalThis.setTimeout(() => {}, 1)",
      'from "node:timers"',
      'from "node:timers/promises"',
      'from "node:perf_hooks"',
    ],
  ],
  [
    "src/kernel/ambient-guard.ts",
    [
      ...clock,
      ...timers,
      "queueMicrotask(() => {})",
      "globalThis.setTimeout(() => {}, 1)",
      "process.hrtime()",
      "process.uptime()",
      "process.nextTick(() => {})",
      "process.env",
      "crypto.randomUUID()",
      "Math.random()",
      "new WeakRef({})",
      "new FinalizationRegistry(() => {})",
      ...others.map((name) => `from "${name}"`),
      ...machine.map((name) => `from "${name}"`),
    ],
  ],
  [
    "src/control-plane/apiserver/http/server.ts",
    [
      'fetch("http://localhost")',
      'new WebSocket("ws://localhost")',
      ...network.map((name) => `from "${name}"`),
    ],
  ],
  [
    "src/control-plane/store/file/disk.ts",
    [
      "process.env",
      ...machine.map((name) => `from "${name}"`),
      ...timers,
      "queueMicrotask(() => {})",
      "process.nextTick(() => {})",
      "globalThis.setTimeout(() => {}, 1)",
      'from "node:timers"',
      'from "node:timers/promises"',
    ],
  ],
  ["src/control-plane/store/etcd/connection.ts", rpc.map((name) => `from "${name}"`)],
  [
    "src/cluster/pki/authority.ts",
    [...clock, "crypto.randomUUID()", 'from "node:crypto"', 'from "node:perf_hooks"'],
  ],
  [
    "src/data-plane/supervised-calls.ts",
    [
      ...timers,
      "queueMicrotask(() => {})",
      "globalThis.setTimeout(() => {}, 1)",
      'from "node:timers"',
      'from "node:timers/promises"',
    ],
  ],
  ["src/cluster/machine.ts", ["process.env", ...machine.map((name) => `from "${name}"`)]],
];

let findings: readonly Finding[];

beforeAll(async () => {
  const thing =
    "export interface Thing {\n  readonly size: number;\n}\nexport const thing: Thing = { size: 1 };\nexport const other = 2;\n";
  const statements = reaches
    .map(([said], i) => (said.startsWith("from") ? `* as v${i} ${said}` : `const v${i} = ${said}`))
    .map((said) => `export ${said};\n`)
    .join("");
  findings = await lintTree({
    ...Object.fromEntries(folders.map((folder) => [`${folder}/thing.ts`, thing])),
    ...Object.fromEntries(folders.map((folder) => [`${folder}/importer.ts`, importsOf(folder)])),
    ...Object.fromEntries(folders.map((folder) => [`${folder}/reacher.ts`, statements])),
    ...Object.fromEntries(exceptions.map(([file]) => [file, statements])),
    "workers/simulation-task.ts": importsOf("workers"),
  });
}, 60_000);

describe("who may import whom", () => {
  test.each(folders)("%s may import what the table says and nothing else", (folder) => {
    const reported = linesOf(`${folder}/importer.ts`, "eslint(no-restricted-imports)");

    expect(reported.map((line) => folders[line - 1])).toEqual(
      folders.filter((other) => other !== folder && !mayImport[folder]?.includes(other)),
    );
  });

  test("every folder of the source has a row in the table", () => {
    const rowless = sourceFiles().filter(
      (file) => !folders.some((row) => file.startsWith(`${row}/`)),
    );

    expect(rowless.filter((file) => file !== "src/index.ts")).toEqual([]);
  });

  test("no folder shares its last name with a row of the table, since rules go by that name", () => {
    const rows = new Map(folders.map((row) => [basename(row), row]));
    const parents = new Set(sourceFiles().flatMap((file) => ancestorsOf(posix.dirname(file))));

    expect([...parents].filter((path) => (rows.get(basename(path)) ?? path) !== path)).toEqual([]);
  });

  test("a task, being a whole simulation, may import the composition root besides", () => {
    const refused = (file: string): readonly (string | undefined)[] =>
      linesOf(file, "eslint(no-restricted-imports)").map((line) => folders[line - 1]);

    expect(refused("workers/importer.ts")).toContain("src/cluster");
    expect(refused("workers/simulation-task.ts")).toEqual(
      refused("workers/importer.ts").filter((folder) => folder !== "src/cluster"),
    );
  });

  test("no file or folder is named after nothing in particular", () => {
    expect(sourceFiles().filter((file) => /\b(utils?|helpers?|common|misc)\b/.test(file))).toEqual(
      [],
    );
  });
});

describe("determinism", () => {
  test.each(reaches)("simulated code is not to say %s", (statement, rule) => {
    const line = reaches.findIndex(([other]) => other === statement) + 1;
    const stopped = folders.filter((folder) =>
      linesOf(`${folder}/reacher.ts`, `eslint(${rule})`).includes(line),
    );

    expect(stopped).toEqual(simulatedFolders);
  });

  test.each(exceptions)(
    "%s may touch the real world where it must, and only there",
    (file, may) => {
      const stopped = new Set(
        findings
          .filter((finding) => finding.file === file && isRestriction(finding))
          .map(({ line }) => line),
      );
      const left = reaches.map(([statement]) => statement).filter((_, i) => !stopped.has(i + 1));

      expect(left).toEqual(
        reaches.map(([statement]) => statement).filter((each) => may.includes(each)),
      );
    },
  );
});

/** One import a line, of every folder in the table's order (its own is left blank). */
function importsOf(folder: string): string {
  const lines = folders.map((other, i) =>
    other === folder
      ? "\n"
      : `export type { Thing as Thing${i} } from "${posix.relative(folder, other)}/thing.ts";\n`,
  );
  return lines.join("");
}

function linesOf(file: string, rule: string): number[] {
  const lines = findings.filter((each) => each.file === file && each.rule === rule);
  return [...new Set(lines.map((each) => each.line))].toSorted((a, b) => a - b);
}

function isRestriction({ rule }: Finding): boolean {
  return rule.startsWith("eslint(no-restricted-");
}

function sourceFiles(): string[] {
  const root = resolve(import.meta.dirname, "..");
  return ["src", "workers"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => posix.join(entry.parentPath.slice(root.length + 1), entry.name)),
  );
}

function ancestorsOf(path: string): string[] {
  return path === "." ? [] : [path, ...ancestorsOf(posix.dirname(path))];
}

function node(module: string): string {
  return `node:${module}`;
}
