import { isApiError } from "../../../api/errors.ts";
import type { Table } from "../../../api/objects.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { qualifiedName } from "../discovery.ts";
import {
  type GetArgs,
  getFlags,
  isHumanReadable,
  listOptions,
  tablePrinterFor,
} from "../get-flags.ts";
import { failAll, KubectlError } from "../kubectl-error.ts";
import { objectPrinter, type PrintableObject } from "../object-printer.ts";
import { getObject, getTable, listObjects, listTable } from "../objects.ts";
import { resolveTargets, type Target, type Targets } from "../resource-args.ts";
import type { TablePrinter } from "../table-printer.ts";
import { usageError } from "../usage.ts";
import { watchTarget } from "../watch.ts";

/** @see kubectl `cmd/get/get.go` */
export const get = defineCommand({
  name: "get",
  summary: "list objects, or show some by name",
  usage: "(TYPE[,TYPE...] [NAME...] | TYPE/NAME...) [flags]",
  flags: getFlags,

  async run(context, args) {
    const { discovery, io } = context;
    if (args.positional.length === 0) {
      io.err(
        `You must specify the type of resource to get. Use "podrace kubectl api-resources" for a complete list of supported resources.\n\n`,
      );
      throw usageError(context, "Required resource not specified.");
    }
    checkFlags(args);
    const found = await resolveTargets(discovery, args.positional);
    checkSelectors(found.targets, args);
    if (args.flags.watch || args.flags["watch-only"]) {
      return watchTarget(context, onlyTarget(found.targets), args);
    }
    const isTable = isHumanReadable(args);
    await (isTable ? printTables(context, found, args) : printObjects(context, found, args));
    return 0;
  },
});

function onlyTarget(targets: readonly Target[]): Target {
  const [target, ...more] = targets;
  if (target !== undefined && more.length === 0) return target;
  throw new KubectlError(
    more.every(({ resource }) => resource === target?.resource)
      ? "watch is only supported on individual resources and resource collections - more than 1 resource was found"
      : "you may only specify a single resource type",
  );
}

function checkFlags({ flags: { output, "show-labels": showLabels } }: GetArgs): void {
  if (output === undefined || output === "wide") return;
  objectPrinter(output);
  if (showLabels) {
    throw new KubectlError(`--show-labels option cannot be used with ${output} printer`);
  }
}

/** Names and selectors exclude each other, and a name is in one namespace. */
function checkSelectors(targets: readonly Target[], args: GetArgs): void {
  if (!targets.some(({ name }) => name !== undefined)) return;
  if (args.flags["all-namespaces"]) {
    throw new KubectlError("a resource cannot be retrieved by name across all namespaces");
  }
  if (args.given.has("selector") || args.given.has("field-selector")) {
    throw new KubectlError("name cannot be provided when a selector is specified");
  }
}

async function printTables(context: CommandContext, found: Targets, args: GetArgs): Promise<void> {
  const { client, io, namespace } = context;
  const errors: unknown[] = [];
  const tables: { readonly target: Target; readonly table: Table }[] = [];
  for (const target of found.targets) {
    const { name, resource } = target;
    try {
      const table =
        name === undefined
          ? await listTable(client, resource, listOptions(context, args))
          : await getTable(client, resource, { namespace, name });
      tables.push({ target, table });
    } catch (error) {
      if (!isIgnored(error, args)) errors.push(error);
    }
  }
  const text = tablesText(tables, args);
  io.out(text);
  if (text === "" && errors.length === 0 && !args.flags["ignore-not-found"]) {
    const isInNamespace =
      !args.flags["all-namespaces"] && found.targets.every(({ resource }) => resource.namespaced);
    io.err(`No resources found${isInNamespace ? ` in ${namespace} namespace.` : ""}\n`);
  }
  failAll(errors);
}

/** Tables of several types stand apart, and their names say which type they are of. */
function tablesText(
  tables: readonly { readonly target: Target; readonly table: Table }[],
  args: GetArgs,
): string {
  const isMixed = new Set(tables.map(({ target }) => qualifiedName(target.resource))).size > 1;
  let printer: TablePrinter | undefined;
  let previous: Target | undefined;
  let isNewGroup = false;
  let text = "";
  for (const { target, table } of tables) {
    if (printer === undefined || previous?.resource !== target.resource) {
      printer = tablePrinterFor(target, args, isMixed);
      isNewGroup = !args.flags["no-headers"];
    }
    previous = target;
    const lines = printer.print(table);
    if (lines === "") continue;
    text += text !== "" && isNewGroup ? `\n${lines}` : lines;
    isNewGroup = false;
  }
  return text;
}

/** One object as itself, anything else as a list of kubectl's own making. */
async function printObjects(context: CommandContext, found: Targets, args: GetArgs): Promise<void> {
  const { client, io, namespace } = context;
  const errors: unknown[] = [];
  const items: PrintableObject[] = [];
  for (const { name, resource } of found.targets) {
    try {
      if (name === undefined) {
        items.push(...(await listObjects(client, resource, listOptions(context, args))));
      } else {
        items.push(await getObject(client, resource, { namespace, name }));
      }
    } catch (error) {
      if (!isIgnored(error, args)) errors.push(error);
    }
  }
  const print = objectPrinter(args.flags.output as string, {
    showManagedFields: args.flags["show-managed-fields"],
  });
  const hasNothingToSay = items.length === 0 && (found.isSingle || args.flags["ignore-not-found"]);
  if (!hasNothingToSay && !(found.isSingle && errors.length > 0)) {
    io.out(print(found.isSingle ? (items[0] as PrintableObject) : listOf(items)));
  }
  failAll(errors);
}

function listOf(items: readonly PrintableObject[]): PrintableObject {
  return { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items };
}

function isIgnored(error: unknown, args: GetArgs): boolean {
  if (error instanceof Error && error.name === "AbortError") throw error;
  return args.flags["ignore-not-found"] && isApiError(error, "NotFound");
}
