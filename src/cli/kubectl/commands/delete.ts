import { type CommandContext, defineCommand, sharedFlags } from "../command.ts";
import { deleteAndWait, type Doomed } from "../delete-and-wait.ts";
import { parseDryRun } from "../dry-run.ts";
import type { ParsedArgs } from "../flags.ts";
import { parseGoDuration } from "../go-duration.ts";
import { failAll, KubectlError } from "../kubectl-error.ts";
import { readManifests } from "../manifests.ts";
import { resolveTargets } from "../resource-args.ts";
import { selectObjects } from "../select-objects.ts";

const flags = {
  filename: sharedFlags.filename,
  selector: sharedFlags.selector,
  "field-selector": sharedFlags["field-selector"],
  all: { type: "bool", help: "all objects of the type" },
  "all-namespaces": sharedFlags["all-namespaces"],
  "grace-period": { type: "int", help: "seconds that the object has to come to an end" },
  now: { type: "bool", help: "one second is enough" },
  force: { type: "bool", help: "do not wait for the node to confirm" },
  wait: { type: "bool", help: "return when the objects are gone (default true)" },
  timeout: { type: "string", help: "how long to wait: 30s, 5m" },
  cascade: {
    type: "optional",
    bareValue: "background",
    help: "background, foreground or orphan",
  },
  "ignore-not-found": sharedFlags["ignore-not-found"],
  "dry-run": sharedFlags["dry-run"],
  output: { ...sharedFlags.output, help: "name" },
} as const;

/** @see kubectl `cmd/delete/delete.go` */
export const deleteCommand = defineCommand({
  name: "delete",
  summary: "delete objects and wait until they are gone",
  usage: "([-f FILENAME] | TYPE [(NAME | -l label | --all)] | TYPE/NAME...) [flags]",
  flags,

  async run(context, args) {
    const { io } = context;
    const gracePeriodSeconds = gracePeriod(args);
    const propagationPolicy = propagationPolicyFor(args.flags.cascade);
    const doomed = await doomedObjects(context, args);
    checkFlags(context, args, gracePeriodSeconds);
    if (context.isNamespaceGiven && doomed.some(({ resource }) => !resource.namespaced)) {
      io.err("Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n");
    }

    const isSelection = args.flags.all || args.given.has("selector");
    const count = await deleteAndWait(context, doomed, {
      gracePeriodSeconds,
      propagationPolicy,
      ignoreNotFound: args.flags["ignore-not-found"] || isSelection,
      dryRun: parseDryRun(args.flags["dry-run"]),
      namesOnly: args.flags.output === "name",
      waits: args.given.has("wait") ? args.flags.wait : true,
      timeoutMs: args.flags.timeout === undefined ? 0 : parseGoDuration(args.flags.timeout),
    });
    if (doomed.length === 0 || (count === 0 && isSelection)) io.out("No resources found\n");
    return 0;
  },
});

type DeleteArgs = ParsedArgs<typeof flags>;

/** Undefined leaves it to the object. Without `--force` nothing is deleted at once. */
function gracePeriod({ flags: { force, now, "grace-period": seconds } }: DeleteArgs) {
  if (now && seconds !== undefined && seconds !== -1) {
    throw new KubectlError("--now and --grace-period cannot be specified together");
  }
  if (now) return 1;
  const isUnset = seconds === undefined || seconds < 0;
  if (force) return isUnset ? 0 : seconds;
  if (isUnset) return undefined;
  return Math.max(seconds, 1);
}

function propagationPolicyFor(cascade = "background"): string {
  switch (cascade) {
    case "background":
    case "true":
      return "Background";
    case "foreground":
      return "Foreground";
    case "orphan":
    case "false":
      return "Orphan";
    default:
      throw new KubectlError(
        `invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`,
      );
  }
}

/** Those that are named are not looked at first: what is not there says so when it is deleted. */
async function doomedObjects(
  context: CommandContext,
  args: DeleteArgs,
): Promise<readonly Doomed[]> {
  const { filename: files, all } = args.flags;
  if (args.positional.length === 0 && files.length === 0) {
    throw new KubectlError(
      "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    );
  }
  if (files.length > 0) {
    const { objects, errors } = await readManifests(context, files);
    failAll(errors);
    return objects;
  }
  if (all || args.given.has("selector") || args.given.has("field-selector")) {
    const { objects, errors } = await selectObjects(context, {
      args: args.positional,
      files: [],
      labelSelector: args.flags.selector,
      fieldSelector: args.flags["field-selector"],
      all,
      allNamespaces: args.flags["all-namespaces"],
    });
    failAll(errors);
    return objects;
  }
  const { namespace } = context;
  const { targets } = await resolveTargets(context.discovery, args.positional);
  return targets.map(({ name, resource }) => {
    if (name === undefined) {
      throw new KubectlError("resource(s) were provided, but no name was specified");
    }
    return { name, resource, namespace };
  });
}

function checkFlags(
  { io }: CommandContext,
  { flags: { force, output } }: DeleteArgs,
  gracePeriodSeconds: number | undefined,
): void {
  if (output !== undefined && output !== "name") {
    throw new KubectlError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  }
  if (!force) return;
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds > 0) {
    throw new KubectlError(
      "--force and --grace-period greater than 0 cannot be specified together",
    );
  }
  io.err(
    "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n",
  );
}
