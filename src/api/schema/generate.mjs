// Writes table.generated.ts and types.generated.ts. Run by hand, from anywhere, when a data file
// beside this one changes: node src/api/schema/generate.mjs
// With --check it writes nothing, and fails where a file is not what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The kinds that podrace serves or speaks of; the interfaces are these and what they reach. */
const roots = [
  ..."Pod Node Namespace Event Service ConfigMap Secret ServiceAccount"
    .split(" ")
    .flatMap((kind) => [`core.v1.${kind}`, `core.v1.${kind}List`]),
  "core.v1.Binding",
  "coordination.v1.Lease",
  "coordination.v1.LeaseList",
  "policy.v1.Eviction",
  "authentication.v1.TokenRequest",
  "authentication.v1.SelfSubjectReview",
  "authorization.v1.SelfSubjectAccessReview",
  ..."Status DeleteOptions CreateOptions UpdateOptions PatchOptions ListOptions"
    .split(" ")
    .map((kind) => `meta.v1.${kind}`),
  "meta.v1.ObjectMeta",
  "meta.v1.ListMeta",
];

const origin =
  "Derived from the Go sources of k8s.io/api, apimachinery and apiextensions-apiserver 0.36.4\n" +
  " * (Copyright The Kubernetes Authors, Apache License 2.0). See README.md beside this file.";

/** Types with a form of their own in JSON, so that their table fields are not what users see. */
const ownForms = {
  "resource.Quantity": "Quantity",
  "intstr.IntOrString": "IntOrString",
  "meta.v1.Time": "Time",
  "meta.v1.MicroTime": "MicroTime",
  "meta.v1.FieldsV1": "FieldsV1",
  "runtime.RawExtension": "unknown",
  "authentication.v1.ExtraValue": "ExtraValue",
  "authorization.v1.ExtraValue": "ExtraValue",
};

const preamble = `
// Kinds are type aliases and not interfaces, so that each is assignable to KubeObject: an interface
// has no implicit index signature.

/** \`100m\`, \`128Mi\`: see quantity.ts. */
export type Quantity = string;

/** \`80\`, \`"http"\` or \`"25%"\`. */
export type IntOrString = number | string;

/** RFC 3339 in UTC with seconds: \`2026-11-22T14:13:40Z\`. */
export type Time = string;

/** RFC 3339 in UTC with microseconds: \`2026-11-22T14:13:40.123456Z\`. */
export type MicroTime = string;

/** The set of fields that a manager owns. */
export type FieldsV1 = Readonly<Record<string, unknown>>;

export type ExtraValue = readonly string[];

/** What kubectl prints. Not in the table, since it has no protobuf form. */
export type Table = {
  readonly apiVersion: "meta.k8s.io/v1";
  readonly kind: "Table";
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly TableColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
};

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly conditions?: readonly TableRowCondition[];
  readonly object?: unknown;
}

export interface TableRowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}
`;

const types = readTable();
write("table.generated.ts", tableSource(types));
write("types.generated.ts", typesSource(types));

function write(file, text) {
  const url = new URL(file, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(url, text);
  else if (readFileSync(url, "utf8") !== text) throw new Error(`${file} is not up to date`);
}

/**
 * Type name → {isKind, isAtomic, fields}, the fields in Go's order. Names are shortened to what
 * tells them apart: `k8s.io.api.core.v1.Pod` is `core.v1.Pod`.
 */
function readTable() {
  const packed = readFileSync(new URL("k8s-1.36-field-table.json.gz", import.meta.url));
  // Field numbers are the keys, and JSON.parse would sort keys that look like integers.
  const table = JSON.parse(
    gunzipSync(packed)
      .toString()
      .replaceAll(/"(\d+)":\{/g, '"#$1":{'),
  );
  const go = JSON.parse(readFileSync(new URL("k8s-1.36-go-types.json", import.meta.url), "utf8"));
  const result = new Map();
  for (const [fullName, members] of Object.entries(table.types)) {
    const name = shortName(fullName);
    const fields = Object.entries(members)
      .filter(([key]) => key.startsWith("#"))
      .map(([key, member]) => ({
        ...member,
        name: member.n,
        number: Number(key.slice(1)),
        type: member.t.includes(".") ? shortName(member.t) : member.t,
        omitZero: go.omitZero[name]?.includes(member.n) ?? false,
        go: go.goTypes[name]?.[member.n],
      }));
    result.set(name, { isKind: go.kinds.includes(name), isAtomic: "_atomic" in members, fields });
  }
  return result;
}

function shortName(fullName) {
  return fullName
    .replace(/^k8s\.io\.apimachinery\.pkg\.(apis|api|util)\./, "")
    .replace(/^k8s\.io\.(apimachinery\.pkg|apiextensions_apiserver\.pkg\.apis|api)\./, "");
}

/** One type a line: its name, its flags (k: embeds TypeMeta, a: atomic), its fields as JSON. */
function tableSource(types) {
  const lines = [...types].map(([name, { isKind, isAtomic, fields }]) => {
    const flags = `${isKind ? "k" : ""}${isAtomic ? "a" : ""}`;
    return `${name} ${flags}${JSON.stringify(fields.map(fieldTuple))}`;
  });
  const text = lines.join("\n");
  if (/[`\\$]\{|[`\\]/.test(text)) throw new Error("the table has characters to be escaped");
  return (
    `/**\n * Every type of the Kubernetes 1.36 API, one a line. Written by generate.mjs.\n *\n` +
    ` * ${origin}\n */\nexport const table: string = \`\n${text}\n\`;\n`
  );
}

/** [name, number, type, flags, the rest]: read by schema.ts, which explains the letters. */
function fieldTuple(field) {
  const flags = Object.entries({
    l: field.r,
    m: field.map,
    p: field.p,
    o: field.o,
    z: field.omitZero,
    i: field.inl,
    r: field.req,
  })
    .filter(([, isSet]) => isSet)
    .map(([flag]) => flag)
    .join("");
  const rest = {
    ...(field.enum && { enum: field.enum }),
    ...(field.def && { default: defaultValue(field.def) }),
    ...(field.ps && { patchStrategy: field.ps }),
    ...(field.pmk && { patchMergeKey: field.pmk }),
    ...(field.lt && { listType: field.lt }),
    ...(field.lmk && { listMapKeys: field.lmk }),
    ...(field.mt && { mapType: field.mt }),
    ...(field.go && { go: field.go }),
  };
  const tuple = [field.name, field.number, field.type, flags];
  return Object.keys(rest).length > 0 ? [...tuple, rest] : tuple;
}

/** `"TCP"` and `0` are JSON, `ref(…)` names a Go constant. */
function defaultValue(text) {
  const constants = {
    "ref(AzureDataDiskCachingReadWrite)": "ReadWrite",
    "ref(AzureSharedBlobDisk)": "Shared",
  };
  return text.startsWith("ref(") ? constants[text] : JSON.parse(text);
}

function typesSource(types) {
  const reached = reachedFrom(roots, types);
  const names = reached.map((name) => interfaceName(name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`two types would be called ${twice.join(", ")}`);
  const sources = reached.map((name) => typeSource(name, types));
  return `/**\n * The Kubernetes 1.36 API as TypeScript. Written by generate.mjs.\n *\n * ${origin}\n */\n${preamble}\n${sources.join("\n")}`;
}

function reachedFrom(roots, types) {
  const reached = new Set();
  const visit = (name) => {
    if (!types.has(name)) throw new Error(`no such type: ${name}`);
    if (reached.has(name) || name in ownForms) return;
    reached.add(name);
    for (const { type } of types.get(name).fields) if (type.includes(".")) visit(type);
  };
  for (const root of roots) visit(root);
  return [...types.keys()].filter((name) => reached.has(name));
}

function interfaceName(name) {
  return ownForms[name] ?? name.split(".").at(-1);
}

function typeSource(name, types) {
  const { isKind, fields } = types.get(name);
  const isStored = isKind && fields.some((field) => field.name === "metadata");
  const members = [
    ...kindMembers(name, isKind, isStored),
    ...fieldMembers(fields, isStored, types),
  ];
  const body =
    members.length > 0
      ? `{\n${members.map((member) => `  readonly ${member};\n`).join("")}}`
      : "{}";
  return isKind
    ? `export type ${interfaceName(name)} = ${body};\n`
    : `export interface ${interfaceName(name)} ${body}\n`;
}

function kindMembers(name, isKind, isStored) {
  if (!isKind) return [];
  // Options are usually sent without saying what they are.
  if (!isStored) return ["apiVersion?: string", "kind?: string"];
  return [`apiVersion: "${apiVersionOf(name)}"`, `kind: "${interfaceName(name)}"`];
}

function apiVersionOf(name) {
  const [group, version] = name.split(".");
  const suffix = ["authentication", "authorization", "coordination"].includes(group)
    ? ".k8s.io"
    : "";
  return ["core", "meta"].includes(group) ? version : `${group}${suffix}/${version}`;
}

function fieldMembers(fields, isStored, types) {
  return fields.flatMap((field) => {
    if (field.inl) return fieldMembers(types.get(field.type).fields, false, types);
    const isRequired = field.req || (isStored && ["metadata", "spec"].includes(field.name));
    return [`${field.name}${isRequired ? "" : "?"}: ${memberType(field)}`];
  });
}

function memberType(field) {
  const scalars = {
    bool: "boolean",
    int32: "number",
    int64: "number",
    double: "number",
    bytes: "string",
  };
  const single = field.enum
    ? field.enum.map((value) => JSON.stringify(value)).join(" | ")
    : field.type.includes(".")
      ? interfaceName(field.type)
      : (scalars[field.type] ?? field.type);
  if (field.r) return `readonly ${field.enum ? `(${single})` : single}[]`;
  if (field.map) return `Readonly<Record<string, ${single}>>`;
  // Go writes a time that was never set as null, unless the field is a pointer or omits zeros.
  const isNullable = /^meta\.v1\.(Micro)?Time$/.test(field.type) && !field.p && !field.omitZero;
  return isNullable ? `${single} | null` : single;
}
