import { defineCommand, sharedFlags } from "../command.ts";
import { fieldValidation, parseDryRun } from "../dry-run.ts";
import { failAll, KubectlError, whileDoing } from "../kubectl-error.ts";
import { readManifests } from "../manifests.ts";
import type { PrintableObject } from "../object-printer.ts";
import { resultPrinter } from "../result-printer.ts";
import { usageError } from "../usage.ts";

/** @see kubectl `cmd/create/create.go` */
export const create = defineCommand({
  name: "create",
  summary: "create the objects of a manifest",
  usage: "-f FILENAME [flags]",
  flags: {
    filename: sharedFlags.filename,
    output: sharedFlags.output,
    "dry-run": sharedFlags["dry-run"],
    validate: sharedFlags.validate,
  },

  async run(context, { flags, positional }) {
    const { client, io } = context;
    if (positional.length > 0) {
      throw usageError(context, `Unexpected args: [${positional.join(" ")}]`);
    }
    if (flags.filename.length === 0) throw new KubectlError("must specify one of -f and -k");
    const dryRun = parseDryRun(flags["dry-run"]);
    const print = resultPrinter(flags.output, dryRun);
    const { objects, errors: unread } = await readManifests(context, flags.filename);
    if (objects.length === 0 && unread.length === 0) {
      throw new KubectlError("no objects passed to create");
    }

    const errors = [...unread];
    for (const each of objects) {
      try {
        const created =
          dryRun.strategy === "client"
            ? each.object
            : await client.json<PrintableObject>({
                method: "POST",
                path: each.collectionPath,
                query: {
                  ...dryRun.query,
                  fieldManager: "kubectl-create",
                  fieldValidation: fieldValidation(flags.validate),
                },
                body: each.object,
              });
        io.out(print(created, "created"));
      } catch (error) {
        errors.push(whileDoing("creating", each.source, error));
      }
    }
    failAll(errors);
    return 0;
  },
});
