import { isApiError } from "../../../api/errors.ts";
import { type CommandContext, defineCommand, sharedFlags } from "../command.ts";
import { deleteAndWait } from "../delete-and-wait.ts";
import { fieldValidation, parseDryRun } from "../dry-run.ts";
import { failAll, KubectlError, whileDoing } from "../kubectl-error.ts";
import { type ManifestObject, readManifests } from "../manifests.ts";
import type { ApiClient, Query } from "../api-client.ts";
import type { PrintableObject } from "../object-printer.ts";
import { resultPrinter } from "../result-printer.ts";

/** @see kubectl `cmd/replace/replace.go` */
export const replace = defineCommand({
  name: "replace",
  summary: "replace objects by those of a manifest",
  usage: "-f FILENAME [flags]",
  flags: {
    filename: sharedFlags.filename,
    force: { type: "bool", help: "delete the objects and create them anew" },
    output: sharedFlags.output,
    "dry-run": sharedFlags["dry-run"],
    validate: sharedFlags.validate,
  },

  async run(context, { flags }) {
    const { io } = context;
    if (flags.filename.length === 0) throw new KubectlError("must specify one of -f and -k");
    const dryRun = parseDryRun(flags["dry-run"]);
    const print = resultPrinter(flags.output, dryRun);
    const { objects, errors: unread } = await readManifests(context, flags.filename);
    const isForced = flags.force && dryRun.strategy === "none";
    const query = {
      ...dryRun.query,
      fieldManager: "kubectl-replace",
      fieldValidation: fieldValidation(flags.validate),
    };
    if (isForced) {
      await deleteAndWait(context, objects, {
        gracePeriodSeconds: undefined,
        ignoreNotFound: true,
      });
    }

    const errors = [...unread];
    for (const each of objects) {
      try {
        const replaced =
          dryRun.strategy === "client"
            ? each.object
            : await (isForced ? recreate : update)(context, each, query);
        io.out(print(replaced, "replaced"));
      } catch (error) {
        errors.push(isForced ? error : whileDoing("replacing", each.source, error));
      }
    }
    failAll(errors);
    return 0;
  },
});

async function recreate(
  { client }: CommandContext,
  { collectionPath, object }: ManifestObject,
  query: Query,
): Promise<PrintableObject> {
  return client.json({ method: "POST", path: collectionPath, query, body: object });
}

/** Without a version of its own, the manifest replaces whatever is there now. */
async function update(
  { client }: CommandContext,
  { name, object, path }: ManifestObject,
  query: Query,
): Promise<PrintableObject> {
  if (name === "") throw new KubectlError("resource name may not be empty");
  const live = await liveVersion(client, path);
  const resourceVersion = object.metadata?.["resourceVersion"] ?? live;
  const body = { ...object, metadata: { ...object.metadata, resourceVersion } };
  return client.json({ method: "PUT", path, query, body });
}

/** Whatever keeps it from us is for the PUT to say. */
async function liveVersion(client: ApiClient, path: string): Promise<unknown> {
  try {
    return (await client.json<PrintableObject>({ path })).metadata?.["resourceVersion"];
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
}
