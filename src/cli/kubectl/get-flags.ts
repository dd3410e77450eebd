import { type CommandContext, sharedFlags } from "./command.ts";
import { qualifiedKind } from "./discovery.ts";
import type { ParsedArgs } from "./flags.ts";
import type { ListOptions } from "./objects.ts";
import type { Target } from "./resource-args.ts";
import { TablePrinter } from "./table-printer.ts";

/** The flags of `get`, for listing as for watching. */
export const getFlags = {
  output: { ...sharedFlags.output, help: "wide, json, yaml, name or jsonpath=TEMPLATE" },
  watch: { type: "bool", short: "w", help: "after listing, go on with what changes" },
  "watch-only": { type: "bool", help: "show what changes and nothing else" },
  selector: sharedFlags.selector,
  "field-selector": sharedFlags["field-selector"],
  "all-namespaces": sharedFlags["all-namespaces"],
  "show-labels": { type: "bool", help: "with the labels as the last column" },
  "label-columns": { type: "list", short: "L", help: "labels to show in columns of their own" },
  "no-headers": { type: "bool", help: "without the line of column names" },
  "show-managed-fields": { type: "bool", help: "do not leave out metadata.managedFields" },
  "ignore-not-found": sharedFlags["ignore-not-found"],
} as const;

export type GetArgs = ParsedArgs<typeof getFlags>;

export function isHumanReadable({ flags: { output } }: GetArgs): boolean {
  return output === undefined || output === "wide";
}

/** The options of a table of one type, or of several one below the other. */
export function tablePrinterFor(target: Target, args: GetArgs, isMixed: boolean): TablePrinter {
  const { resource } = target;
  return new TablePrinter({
    wide: args.flags.output === "wide",
    noHeaders: args.flags["no-headers"],
    showLabels: args.flags["show-labels"],
    labelColumns: args.flags["label-columns"],
    withNamespace: args.flags["all-namespaces"] && resource.namespaced,
    kindPrefix: isMixed ? qualifiedKind(resource) : undefined,
  });
}

/** Which objects are listed: none of a namespace for `-A`. */
export function listOptions(context: CommandContext, args: GetArgs): ListOptions {
  return {
    namespace: args.flags["all-namespaces"] ? undefined : context.namespace,
    labelSelector: args.flags.selector,
    fieldSelector: args.flags["field-selector"],
  };
}
