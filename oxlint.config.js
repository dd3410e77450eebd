/**
 * What the linter holds this code to: who may import whom, what simulated code may not touch, and
 * a list of habits. `test/architecture.test.ts` and `lint-habits.test.ts` break them on purpose.
 */

/** The architecture: folder → the folders it may import. Anything not listed is a lint error. */
const mayImport = {
  "src/kernel": [],
  "src/api": ["src/kernel"],
  "src/control-plane/store": ["src/kernel", "src/api"],
  "src/control-plane/apiserver": ["src/kernel", "src/api", "src/control-plane/store"],
  "src/control-plane/client": ["src/kernel", "src/api", "src/control-plane/apiserver"],
  "src/control-plane/controllers": ["src/kernel", "src/api", "src/control-plane/client"],
  "src/control-plane/scheduler": ["src/kernel", "src/api", "src/control-plane/client"],
  "src/data-plane": ["src/kernel", "src/api"],
  "src/cluster": ["src/kernel", "src/api", "src/control-plane", "src/data-plane", "workers"],
  "src/report": ["src/kernel", "src/api"],
  "src/cli": ["src/kernel", "src/api", "src/cluster", "src/report"],
  workers: ["src/kernel", "src/api", "src/data-plane"],
};

/** Folders whose code runs inside the simulation: same inputs and seed, same run, bit for bit. */
const simulated = [
  "src/kernel",
  "src/api",
  "src/control-plane",
  "src/data-plane",
  "src/cluster",
  "workers",
];

/** What simulated code may not reach for, by what it would let in. */
const bans = {
  clock: {
    globals: ["Date", "performance"],
    properties: [
      ["process", "hrtime"],
      ["process", "uptime"],
    ],
    modules: ["node:perf_hooks"],
    instead: "Ask the kernel's clock.",
  },
  timers: {
    globals: ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"],
    properties: [["process", "nextTick"]],
    modules: ["node:timers", "node:timers/promises"],
    instead: "Put it on the kernel's timeline.",
  },
  chance: {
    properties: [["Math", "random"]],
    instead: "Draw from the kernel's keyed randomness.",
  },
  entropy: {
    globals: ["crypto"],
    modules: [{ name: "node:crypto", allowImportNames: ["createHash"] }],
    instead: "Draw from the kernel's keyed randomness; only hashes come from node:crypto.",
  },
  collection: {
    globals: ["WeakRef", "FinalizationRegistry"],
    instead: "When garbage is collected differs from run to run.",
  },
  locale: {
    globals: ["Intl"],
    properties: [
      [undefined, "localeCompare"],
      [undefined, "toLocaleString"],
    ],
    instead: "Compare and print by code units, which are the same on every machine.",
  },
  racing: {
    properties: [
      ["Promise", "race"],
      ["Promise", "any"],
    ],
    instead: "Which promise settles first differs from run to run.",
  },
  network: {
    globals: ["fetch", "WebSocket"],
    modules: [
      ...["dgram", "dns", "http", "http2", "https", "tls"].map((name) => `node:${name}`),
      { name: "node:net", allowImportNames: ["isIP", "isIPv4", "isIPv6"] },
    ],
    instead: "Send a message over a link.",
  },
  rpc: {
    modules: ["@grpc/grpc-js", "@grpc/proto-loader"],
    instead: "Only etcd is spoken to that way, by the store.",
  },
  machine: {
    globals: ["process"],
    modules: ["child_process", "fs", "fs/promises", "os", "process"].map((name) => `node:${name}`),
    instead: "Take it as an option, from whoever builds the cluster.",
  },
};

/** Files at the boundary to the real world: what each may touch all the same, and why. */
const exceptions = [
  {
    files: ["src/kernel/wall-clock.ts"],
    may: ["clock", "timers"],
    because: "live pacing needs one place that knows the wall clock",
  },
  {
    files: ["src/kernel/ambient-guard.ts"],
    may: ["clock", "timers", "chance", "entropy", "collection", "machine"],
    because: "what it takes out of simulated code's reach it has to name",
  },
  {
    files: ["src/control-plane/apiserver/http/**"],
    may: ["network"],
    because: "real clients come in over real sockets; what they ask becomes a recorded input",
  },
  {
    files: ["src/control-plane/store/file/disk.ts"],
    may: ["machine", "timers"],
    because: "what is to survive goes to a real disk, whose answers become recorded inputs",
  },
  {
    files: ["src/control-plane/store/etcd/**"],
    may: ["rpc"],
    because: "a real etcd, or a client of etcd's, is at the other end; what comes is an input",
  },
  {
    files: ["src/cluster/pki/**"],
    may: ["clock", "entropy"],
    because: "a certificate that real clients accept needs the real date and real entropy",
  },
  {
    files: ["src/data-plane/supervised-calls.ts"],
    may: ["timers"],
    because: "a thread that hangs is noticed by a real deadline, which ends the run",
  },
  {
    files: ["src/cluster/machine.ts"],
    may: ["machine"],
    because: "how many cores there are decides how many threads, never what happens",
  },
  {
    files: ["workers/simulation-task.ts"],
    may: [],
    imports: ["src/cluster"],
    because: "a task is a whole simulation, so it needs the composition root",
  },
  {
    files: ["src/api/schema/generate.mjs"],
    may: Object.keys(bans),
    because: "a developer runs it to write the schema table; it is never part of a run",
  },
];

const within = (folder, other) => other === folder || other.startsWith(`${folder}/`);
const folderOf = (glob) => Object.keys(mayImport).find((folder) => within(folder, glob));
const isSimulated = (folder) => simulated.some((part) => within(part, folder));

/** Matched on a folder's last name, because imports are relative: last names must be unique. */
function pathsInto(folder) {
  const paths = [`**/${folder.split("/").at(-1)}/**`];
  return folder === "workers" ? [...paths, "#workers/**"] : paths;
}

function boundariesOf(folder, imports) {
  const allowed = [folder, ...mayImport[folder], ...imports];
  const forbidden = Object.keys(mayImport).filter(
    (other) => !allowed.some((each) => each === other || (each !== folder && within(each, other))),
  );
  return [
    ...(forbidden.length === 0
      ? []
      : [
          {
            group: forbidden.flatMap(pathsInto),
            message: `${folder} may import: ${mayImport[folder].join(", ") || "nothing of ours"} (see oxlint.config.js).`,
          },
        ]),
    {
      group: ["**/index.ts", "**/test/**", "**/bench/**", "**/dist/**"],
      message: "Import the file that has it: index.ts is for users, the others are not shipped.",
    },
  ];
}

/** The architecture and determinism rules of one folder, for a file that may touch `may`. */
function rulesFor(folder, may, imports = []) {
  const banned = isSimulated(folder)
    ? Object.entries(bans).flatMap(([name, ban]) => (may.includes(name) ? [] : [ban]))
    : [];
  return {
    "no-restricted-imports": [
      "error",
      { patterns: boundariesOf(folder, imports), paths: banned.flatMap(restrictedModules) },
    ],
    "no-restricted-globals": ["error", ...banned.flatMap(restrictedGlobals)],
    "no-restricted-properties": ["error", ...banned.flatMap(restrictedProperties)],
  };
}

function restrictedModules({ modules = [], instead }) {
  return modules
    .map((module) => (typeof module === "string" ? { name: module } : module))
    .map((module) => ({ ...module, message: `Not deterministic. ${instead}` }));
}

function restrictedGlobals({ globals = [], instead }) {
  return globals.map((name) => ({ name, message: `Not deterministic. ${instead}` }));
}

function restrictedProperties({ globals = [], properties = [], instead }) {
  const message = `Not deterministic. ${instead}`;
  const viaGlobal = ["globalThis", "global"].flatMap((object) =>
    globals.map((property) => ({ object, property, message })),
  );
  return [
    ...properties.map(([object, property]) => ({ ...(object && { object }), property, message })),
    ...viaGlobal,
  ];
}

const habits = {
  eqeqeq: "error",
  "max-lines": ["error", { max: 400 }],
  "no-console": "error",
  "no-else-return": "error",
  "no-empty": "error",
  "no-eval": "error",
  "no-fallthrough": "error",
  "no-implicit-coercion": "error",
  "no-self-compare": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx", "hack"] }],
  "object-shorthand": "error",
  "prefer-const": "error",
  "import/first": "error",
  "import/no-cycle": "error",
  "import/no-default-export": "error",
  "import/no-duplicates": "error",
  "import/no-mutable-exports": "error",
  "import/no-self-import": "error",
  "typescript/consistent-type-definitions": "error",
  "typescript/consistent-type-imports": "error",
  "typescript/no-explicit-any": "error",
  "typescript/no-floating-promises": "error",
  "typescript/no-misused-promises": "error",
  "typescript/no-unnecessary-type-assertion": "error",
  "typescript/only-throw-error": "error",
  "typescript/prefer-readonly": "error",
  "typescript/return-await": "error",
  "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
  "unicorn/filename-case": ["error", { case: "kebabCase" }],
  "unicorn/no-abusive-eslint-disable": "error",
  "unicorn/no-array-for-each": "error",
  "unicorn/no-lonely-if": "error",
  // etcd's transactions have a `then`; nothing awaits one.
  "unicorn/no-thenable": "off",
  "unicorn/no-typeof-undefined": "error",
  "unicorn/no-useless-promise-resolve-reject": "error",
  "unicorn/prefer-at": "error",
  "unicorn/prefer-node-protocol": "error",
  "unicorn/text-encoding-identifier-case": "error",
  "unicorn/throw-new-error": "error",
};

export default {
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise"],
  categories: { correctness: "error" },
  options: { denyWarnings: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["**/*.generated.ts", "dist/**"],
  rules: habits,
  overrides: [
    ...Object.keys(mayImport).map((folder) => ({
      files: [`${folder}/**`],
      rules: rulesFor(folder, []),
    })),
    ...exceptions.map(({ files, may, imports }) => ({
      files,
      rules: rulesFor(folderOf(files[0]), may, imports),
    })),
    {
      files: ["src/cli/**", "bench/**", "src/api/schema/generate.mjs"],
      rules: { "no-console": "off" },
    },
    { files: ["workers/*-task.ts"], rules: { "import/no-default-export": "off" } },
    {
      files: ["test/**"],
      plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise", "vitest"],
      rules: {
        "max-lines": "off",
        // Drivers hand out their functions to be taken apart; none of them says `this`.
        "typescript/unbound-method": "off",
        "vitest/no-disabled-tests": "error",
        "vitest/no-focused-tests": "error",
        "vitest/no-identical-title": "error",
        "vitest/valid-title": "error",
      },
    },
    { files: ["test/global-setup.ts"], rules: { "import/no-default-export": "off" } },
  ],
};
