import type { ApiClient } from "./api-client.ts";
import type { Discovery } from "./discovery.ts";
import type { FlagSpecs, ParsedArgs } from "./flags.ts";
import type { KubectlIo } from "./io.ts";

/** What every command is given. */
export interface CommandContext {
  readonly client: ApiClient;
  readonly discovery: Discovery;
  readonly io: KubectlIo;
  /** Of `--namespace`, else of the kubeconfig's context. */
  readonly namespace: string;
  /** Whether `--namespace` was given, so that an object must not name another. */
  readonly isNamespaceGiven: boolean;
  /** What the user typed for this command: `podrace kubectl get`. */
  readonly commandLine: string;
}

export interface KubectlCommand<Specs extends FlagSpecs = FlagSpecs> {
  readonly name: string;
  readonly summary: string;
  /** What may follow the name. */
  readonly usage: string;
  readonly flags: Specs;
  /** @returns The exit code. Whatever is thrown is shown as kubectl shows it, and ends with 1. */
  run(context: CommandContext, args: ParsedArgs<Specs>): Promise<number>;
}

/** Keeps the types of the flags for `run`, and forgets them for the list of commands. */
export function defineCommand<Specs extends FlagSpecs>(
  command: KubectlCommand<Specs>,
): KubectlCommand {
  return command as unknown as KubectlCommand;
}

/** Flags of several commands. */
export const sharedFlags = {
  output: {
    type: "string",
    short: "o",
    help: "json, yaml, name or jsonpath=TEMPLATE",
  },
  selector: { type: "string", short: "l", help: "only objects with these labels: a=b,c!=d" },
  "field-selector": { type: "string", help: "only objects with these fields" },
  "all-namespaces": { type: "bool", short: "A", help: "in all namespaces" },
  filename: { type: "list", short: "f", help: "a manifest, a folder of them, or - for stdin" },
  "dry-run": {
    type: "optional",
    bareValue: "unchanged",
    help: "client: send nothing; server: have nothing stored",
  },
  "ignore-not-found": { type: "bool", help: "do not mind what is not there" },
  validate: { type: "optional", bareValue: "strict", help: "strict, warn or ignore" },
} as const satisfies FlagSpecs;
