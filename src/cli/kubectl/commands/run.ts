import { defineCommand, sharedFlags } from "../command.ts";
import { parseDryRun } from "../dry-run.ts";
import type { ParsedArgs } from "../flags.ts";
import { KubectlError } from "../kubectl-error.ts";
import type { PrintableObject } from "../object-printer.ts";
import { resultPrinter } from "../result-printer.ts";
import { usageError } from "../usage.ts";

const flags = {
  image: { type: "string", help: "the image of the container" },
  restart: { type: "string", help: "Always, OnFailure or Never" },
  port: { type: "string", help: "a port that the container listens on" },
  labels: { type: "string", short: "l", help: "labels of the pod: a=b,c=d" },
  env: { type: "repeated", help: "an environment variable: NAME=VALUE" },
  "image-pull-policy": { type: "string", help: "Always, IfNotPresent or Never" },
  command: { type: "bool", help: "take what follows -- for the command, not its arguments" },
  output: sharedFlags.output,
  "dry-run": sharedFlags["dry-run"],
} as const;

type RunArgs = ParsedArgs<typeof flags>;

/** @see kubectl `cmd/run/run.go`, `generate/versioned/run.go`: BasicPod */
export const run = defineCommand({
  name: "run",
  summary: "start a pod with one container",
  usage: "NAME --image=IMAGE [--port=PORT] [--labels=KEY=VALUE] [--command] -- [COMMAND] [args...]",
  flags,

  async run(context, args) {
    const { client, io, namespace } = context;
    const [name] = args.positional;
    const { image, "dry-run": dryRunFlag, output } = args.flags;
    if (image === undefined) throw new KubectlError('required flag(s) "image" not set');
    if (name === undefined) throw usageError(context, "NAME is required for run");
    if (!imageReference.test(image)) {
      throw new KubectlError(
        `Invalid image name ${JSON.stringify(image)}: invalid reference format`,
      );
    }
    for (const [what, value, legal] of [
      ["restart policy", args.flags.restart, ["Always", "OnFailure", "Never"]],
      ["image pull policy", args.flags["image-pull-policy"], ["Always", "IfNotPresent", "Never"]],
    ] as const) {
      if (value === undefined || (legal as readonly string[]).includes(value)) continue;
      throw usageError(context, `invalid ${what}: ${value}`);
    }
    const dryRun = parseDryRun(dryRunFlag);
    const print = resultPrinter(output, dryRun);
    const pod = podFor(name, image, args);
    const created =
      dryRun.strategy === "client"
        ? pod
        : await client.json<PrintableObject>({
            method: "POST",
            path: `/api/v1/namespaces/${namespace}/pods`,
            query: { ...dryRun.query, fieldManager: "kubectl-run" },
            body: pod,
          });
    io.out(print(created, "created"));
    return 0;
  },
});

/** @see distribution `reference/regexp.go`: ReferenceRegexp */
const imageReference = (() => {
  const alphanumeric = "[a-z0-9]+";
  const label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
  const component = `${alphanumeric}(?:(?:[._]|__|-+)${alphanumeric})*`;
  const tag = ":[\\w][\\w.-]{0,127}";
  const digest = "@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
  return new RegExp(`^(?:${domain}/)?${component}(?:/${component})*(?:${tag})?(?:${digest})?$`);
})();

function podFor(name: string, image: string, args: RunArgs): PrintableObject {
  const { flags: given, positional } = args;
  const words = positional.slice(1);
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name, labels: labelsFor(name, given.labels) },
    spec: {
      containers: [
        {
          name,
          image,
          ...(words.length > 0 && (given.command ? { command: words } : { args: words })),
          ...(given.port !== undefined && { ports: [{ containerPort: portNumber(given.port) }] }),
          ...(given.env.length > 0 && { env: given.env.map(environmentVariable) }),
          resources: {},
          ...(given["image-pull-policy"] !== undefined && {
            imagePullPolicy: given["image-pull-policy"],
          }),
        },
      ],
      restartPolicy: given.restart ?? "Always",
      dnsPolicy: "ClusterFirst",
    },
    status: {},
  };
}

function labelsFor(name: string, list: string | undefined): Readonly<Record<string, string>> {
  if (list === undefined || list === "") return { run: name };
  return Object.fromEntries(
    list.split(",").map((spec) => {
      const [, key, value] = /^([^=]+)=([^=]*)$/.exec(spec) ?? [];
      if (key === undefined) throw new KubectlError(`unexpected label spec: ${spec}`);
      return [key, value ?? ""];
    }),
  );
}

function portNumber(text: string): number {
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw new KubectlError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function environmentVariable(text: string): { readonly name: string; readonly value: string } {
  const [, name, value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new KubectlError(`invalid env: ${text}`);
  return { name, value };
}
