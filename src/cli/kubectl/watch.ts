import type { Status } from "../../api/errors.ts";
import type { Table } from "../../api/objects.ts";
import type { WatchEvent } from "./api-client.ts";
import type { CommandContext } from "./command.ts";
import { resourcePath } from "./discovery.ts";
import { type GetArgs, isHumanReadable, listOptions, tablePrinterFor } from "./get-flags.ts";
import { objectPrinter, type PrintableObject } from "./object-printer.ts";
import { tableTypes } from "./objects.ts";
import type { Target } from "./resource-args.ts";
import { TablePrinter } from "./table-printer.ts";

/**
 * Lists, and then shows every change until the server ends the stream or the user does.
 *
 * @see kubectl `cmd/get/get.go`: GetOptions.watch
 */
export async function watchTarget(
  context: CommandContext,
  target: Target,
  args: GetArgs,
): Promise<number> {
  const { client, io } = context;
  const { name, resource } = target;
  const isTable = isHumanReadable(args);
  const accept = isTable ? tableTypes : "application/json";
  const options = listOptions(context, args);
  const print = isTable ? tables(target, args) : objects(args);

  const path = resourcePath(resource, { namespace: options.namespace });
  const { labelSelector, fieldSelector } = options;
  const first = await client.json<Listed>(
    name === undefined
      ? { path, accept, query: { labelSelector, fieldSelector, limit: "500" } }
      : { path: resourcePath(resource, { namespace: context.namespace, name }), accept },
  );
  if (!args.flags["watch-only"]) io.out(print(first));

  // For one object the watch begins with its present state, which has been shown already.
  const query =
    name === undefined
      ? { labelSelector, fieldSelector, resourceVersion: first.metadata?.resourceVersion }
      : { fieldSelector: `metadata.name=${name}`, resourceVersion: "0" };
  let isPresentState = name !== undefined;
  for await (const event of client.watch({ path, accept, query })) {
    if (event.type === "BOOKMARK") continue;
    if (isPresentState && event.type !== "ERROR") {
      isPresentState = false;
      continue;
    }
    io.out(event.type === "ERROR" ? failed(event) : print(event.object as Listed));
  }
  return 0;
}

/** A list, a table or one object. */
type Listed = (PrintableObject | Table) & { readonly metadata?: { resourceVersion?: string } };

function tables(target: Target, args: GetArgs): (listed: Listed) => string {
  const printer = tablePrinterFor(target, args, false);
  return (listed) => printer.print(listed as Table);
}

function objects(args: GetArgs): (listed: Listed) => string {
  const print = objectPrinter(args.flags.output as string, {
    showManagedFields: args.flags["show-managed-fields"],
  });
  return (listed) => {
    const { items, kind = "", apiVersion = "" } = listed as PrintableObject;
    if (!Array.isArray(items)) return print(listed as PrintableObject);
    const type = { apiVersion, kind: kind.replace(/List$/, "") };
    return (items as PrintableObject[]).map((item) => print({ ...type, ...item })).join("");
  };
}

/** The stream's last word is shown like an object. */
function failed({ object }: WatchEvent): string {
  const { status = "", reason = "", message = "" } = object as Partial<Status>;
  const column = (name: string) => ({
    name,
    type: "string",
    format: "",
    priority: 0,
    description: "",
  });
  return new TablePrinter({
    wide: false,
    noHeaders: false,
    showLabels: false,
    labelColumns: [],
    withNamespace: false,
    kindPrefix: undefined,
  }).print({
    apiVersion: "meta.k8s.io/v1",
    kind: "Table",
    metadata: {},
    columnDefinitions: ["Status", "Reason", "Message"].map(column),
    rows: [{ cells: [status, reason, message], object: null }],
  });
}
