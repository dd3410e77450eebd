import { setTimeout as sleep } from "node:timers/promises";
import { isApiError } from "../../../api/errors.ts";
import { typeOf } from "../../../api/schema/schema.ts";
import type { Query } from "../api-client.ts";
import { type CommandContext, defineCommand, sharedFlags } from "../command.ts";
import { qualifiedName } from "../discovery.ts";
import { type DryRun, fieldValidation, parseDryRun } from "../dry-run.ts";
import { failAll, KubectlError, whileDoing } from "../kubectl-error.ts";
import { lastAppliedAnnotation, lastAppliedTo, withLastApplied } from "../last-applied.ts";
import { type ManifestObject, readManifests } from "../manifests.ts";
import { objectPrinter, type PrintableObject } from "../object-printer.ts";
import { resultPrinter } from "../result-printer.ts";
import { threeWayPatch } from "../three-way-patch.ts";

/** @see kubectl `cmd/apply/apply.go`, `patcher.go` */
export const apply = defineCommand({
  name: "apply",
  summary: "create the objects of a manifest, or bring them to what it says",
  usage: "-f FILENAME [flags]",
  flags: {
    filename: sharedFlags.filename,
    output: sharedFlags.output,
    "dry-run": sharedFlags["dry-run"],
    validate: sharedFlags.validate,
  },

  async run(context, { flags }) {
    const { io } = context;
    if (flags.filename.length === 0) throw new KubectlError("must specify one of -f and -k");
    const dryRun = parseDryRun(flags["dry-run"]);
    if (flags.output !== undefined) objectPrinter(flags.output);
    const print = resultPrinter(undefined, dryRun);
    const query = {
      ...dryRun.query,
      fieldManager: "kubectl-client-side-apply",
      fieldValidation: fieldValidation(flags.validate),
    };
    const { objects, errors: unread } = await readManifests(context, flags.filename);
    if (objects.length === 0 && unread.length === 0) {
      throw new KubectlError("no objects passed to apply");
    }

    const errors = [...unread];
    const results: PrintableObject[] = [];
    for (const each of objects) {
      try {
        const { object, operation } = await applyOne(context, each, dryRun, query);
        results.push(object);
        if (flags.output === undefined) io.out(print(object, operation));
      } catch (error) {
        if (!isApiError(error) && !(error instanceof KubectlError)) throw error;
        errors.push(error);
      }
    }
    if (flags.output !== undefined && results.length > 0) {
      const [only, ...more] = results;
      const list = { apiVersion: "v1", kind: "List", metadata: {}, items: results };
      io.out(objectPrinter(flags.output)(more.length === 0 && only ? only : list));
    }
    failAll(errors);
    return 0;
  },
});

interface Applied {
  readonly object: PrintableObject;
  readonly operation: "created" | "configured" | "unchanged";
}

async function applyOne(
  context: CommandContext,
  manifest: ManifestObject,
  dryRun: DryRun,
  query: Query,
): Promise<Applied> {
  const { object, source } = manifest;
  const generateName = object.metadata?.["generateName"];
  if (manifest.name === "" && typeof generateName === "string") {
    throw new KubectlError(`from ${generateName}: cannot use generate name with apply`);
  }
  const live = await liveObject(context, manifest);
  if (dryRun.strategy === "client") {
    return { object: live ?? object, operation: live ? "configured" : "created" };
  }
  if (live) return patchLive(context, manifest, live, query);
  try {
    const created = await context.client.json<PrintableObject>({
      method: "POST",
      path: manifest.collectionPath,
      query,
      body: withLastApplied(object),
    });
    return { object: created, operation: "created" };
  } catch (error) {
    throw whileDoing("creating", source, error);
  }
}

async function liveObject(
  { client }: CommandContext,
  manifest: ManifestObject,
): Promise<PrintableObject | undefined> {
  try {
    if (manifest.name === "") throw new KubectlError("resource name may not be empty");
    return await client.json({ path: manifest.path });
  } catch (error) {
    if (isApiError(error, "NotFound")) return undefined;
    const doing = `retrieving current configuration of:\n${about(manifest)}\nfrom server for:`;
    throw whileDoing(doing, manifest.source, error);
  }
}

/** Somebody else's change in between is a conflict: look again, a few times. */
async function patchLive(
  context: CommandContext,
  manifest: ManifestObject,
  live: PrintableObject,
  query: Query,
): Promise<Applied> {
  const { client, io } = context;
  if (lastAppliedTo(live) === undefined) {
    io.err(
      `Warning: resource ${qualifiedName(manifest.resource)}/${manifest.name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  const type = typeOf(manifest.object.apiVersion ?? "", manifest.object.kind ?? "");
  let present = live;
  for (let attempt = 1; ; attempt++) {
    const body = threeWayPatch(type, {
      lastApplied: lastAppliedTo(present) ?? {},
      manifest: withLastApplied(manifest.object),
      live: present,
    });
    if (Object.keys(body).length === 0) return { object: present, operation: "unchanged" };
    try {
      const contentType = `application/${type ? "strategic-merge-patch" : "merge-patch"}+json`;
      const object = await client.json<PrintableObject>({
        method: "PATCH",
        path: manifest.path,
        query,
        contentType,
        body,
      });
      return { object, operation: "configured" };
    } catch (error) {
      if (!isApiError(error, "Conflict") || attempt > conflictsMax) {
        const doing = `applying patch:\n${JSON.stringify(body)}\nto:\n${about(manifest)}\nfor:`;
        throw whileDoing(doing, manifest.source, error);
      }
      if (attempt > 1) await sleep(1000, undefined, { signal: client.interrupted });
      present = await client.json({ path: manifest.path });
    }
  }
}

const conflictsMax = 5;

/** @see cli-runtime `resource/visitor.go`: Info.String */
function about({ name, namespace, object, resource }: ManifestObject): string {
  const groupVersion = `${resource.group}/${resource.version}`;
  const types = `Resource: "${groupVersion}, Resource=${resource.plural}", GroupVersionKind: "${groupVersion}, Kind=${object.kind}"`;
  return `${types}\nName: "${name}", Namespace: "${resource.namespaced ? namespace : ""}"`;
}
