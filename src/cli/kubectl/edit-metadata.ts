import { isApiError } from "../../api/errors.ts";
import type { CommandContext } from "./command.ts";
import { sharedFlags } from "./command.ts";
import { resourcePath } from "./discovery.ts";
import { type DryRun, parseDryRun } from "./dry-run.ts";
import type { ParsedArgs } from "./flags.ts";
import { failAll, KubectlError } from "./kubectl-error.ts";
import type { PrintableObject } from "./object-printer.ts";
import { resultPrinter } from "./result-printer.ts";
import { type SelectedObject, selectObjects } from "./select-objects.ts";
import { sortedKeys } from "./sorted-json.ts";

/** The flags of `label` and `annotate`. */
export const metadataFlags = {
  filename: sharedFlags.filename,
  overwrite: { type: "bool", help: "replace values that are there already" },
  all: { type: "bool", help: "all objects of the type" },
  "all-namespaces": sharedFlags["all-namespaces"],
  selector: sharedFlags.selector,
  "field-selector": sharedFlags["field-selector"],
  list: { type: "bool", help: "show what there would be, and change nothing" },
  output: sharedFlags.output,
  "dry-run": sharedFlags["dry-run"],
} as const;

export type MetadataArgs = ParsedArgs<typeof metadataFlags>;

/** What tells `label` from `annotate`. */
export interface MetadataKind {
  readonly field: "labels" | "annotations";
  readonly noun: "label" | "annotation";
  readonly fieldManager: string;
  /** @throws {KubectlError} For a value that cannot be. */
  checkPair(pair: string, value: string): void;
  /** A key that is both set and removed. */
  contradiction(key: string): KubectlError;
  /** @throws {KubectlError} For values that are there and are not to be replaced. */
  refuseOverwriting(taken: readonly (readonly [key: string, value: string])[]): void;
  /** What has been done to an object. */
  operation(before: StringMap, after: StringMap, overwrite: boolean): string;
}

type StringMap = Readonly<Record<string, string>>;

export async function editMetadata(
  context: CommandContext,
  args: MetadataArgs,
  kind: MetadataKind,
): Promise<number> {
  const { flags } = args;
  const { resources, changes } = splitArgs(args.positional, kind);
  if (resources.length === 0 && flags.filename.length === 0) {
    throw new KubectlError(
      "one or more resources must be specified as <resource> <name> or <resource>/<name>",
    );
  }
  if (changes.size === 0 && !flags.list) {
    throw new KubectlError(`at least one ${kind.noun} update is required`);
  }
  const dryRun = parseDryRun(flags["dry-run"]);
  const print = resultPrinter(flags.output, dryRun);
  const { objects, errors: missing } = await selectObjects(context, {
    args: resources,
    files: flags.filename,
    labelSelector: flags.selector,
    fieldSelector: flags["field-selector"],
    all: flags.all,
    allNamespaces: flags["all-namespaces"],
  });

  const errors = [...missing];
  for (const each of objects) {
    try {
      const before = mapOf(each.object, kind);
      const after = changed(context, before, changes, flags.overwrite, kind);
      if (flags.list) {
        context.io.out(listed(after, each, objects.length > 1));
        continue;
      }
      const edited = await patched(context, each, { before, after }, dryRun, kind);
      context.io.out(print(edited, kind.operation(before, after, flags.overwrite)));
    } catch (error) {
      if (!isApiError(error) && !(error instanceof KubectlError)) throw error;
      errors.push(error);
    }
  }
  failAll(errors);
  return 0;
}

/** Null takes a key away. */
type Changes = ReadonlyMap<string, string | null>;

/** `TYPE NAME… KEY=VALUE… KEY-…`: names come before the first change. */
function splitArgs(
  args: readonly string[],
  kind: MetadataKind,
): { readonly resources: readonly string[]; readonly changes: Changes } {
  const isChange = (arg: string): boolean => arg.includes("=") || /^[^-].*-$/.test(arg);
  const first = args.findIndex(isChange);
  const resources = first === -1 ? args : args.slice(0, first);
  const changes = new Map<string, string | null>();
  for (const arg of first === -1 ? [] : args.slice(first)) {
    if (!isChange(arg))
      throw new KubectlError(`all resources must be specified before ${kind.noun} changes: ${arg}`);
    const [, key = "", value] = /^([^=]*)=(.*)$/s.exec(arg) ?? [];
    const name = value === undefined ? arg.slice(0, -1) : key;
    if (value !== undefined) kind.checkPair(arg, value);
    const earlier = changes.get(name);
    if (earlier !== undefined && (earlier === null) !== (value === undefined)) {
      throw kind.contradiction(name);
    }
    changes.set(name, value ?? null);
  }
  return { resources, changes };
}

function mapOf({ metadata }: PrintableObject, { field }: MetadataKind): StringMap {
  return (metadata?.[field] ?? {}) as StringMap;
}

function changed(
  { io }: CommandContext,
  before: StringMap,
  changes: Changes,
  overwrite: boolean,
  kind: MetadataKind,
): StringMap {
  const after: Record<string, string> = { ...before };
  const taken: (readonly [string, string])[] = [];
  for (const [key, value] of changes) {
    const present = before[key];
    if (value === null) {
      if (present === undefined && kind.noun === "label") io.out(`label "${key}" not found.\n`);
      delete after[key];
      continue;
    }
    if (present !== undefined && present !== value && !overwrite) taken.push([key, present]);
    after[key] = value;
  }
  if (taken.length > 0) kind.refuseOverwriting(taken);
  return after;
}

async function patched(
  { client }: CommandContext,
  { name, namespace, object, resource }: SelectedObject,
  { before, after }: { readonly before: StringMap; readonly after: StringMap },
  dryRun: DryRun,
  { field, fieldManager }: MetadataKind,
): Promise<PrintableObject> {
  if (dryRun.strategy === "client") {
    return { ...object, metadata: { ...object.metadata, [field]: after } };
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differences = [...keys].filter((key) => before[key] !== after[key]);
  const patch = Object.fromEntries(differences.map((key) => [key, after[key] ?? null]));
  return client.json({
    method: "PATCH",
    path: resourcePath(resource, { namespace, name }),
    query: { ...dryRun.query, fieldManager },
    contentType: "application/merge-patch+json",
    body: differences.length === 0 ? {} : { metadata: { [field]: patch } },
  });
}

function listed(
  map: StringMap,
  { name, resource }: SelectedObject,
  isOneOfSeveral: boolean,
): string {
  const indent = isOneOfSeveral ? " " : "";
  const lines = sortedKeys(map).map((key) => `${indent}${key}=${map[key]}\n`);
  const title = `Listing labels for ${resource.kind}.${resource.group}/${name}:\n`;
  return `${isOneOfSeveral ? title : ""}${lines.join("")}`;
}
