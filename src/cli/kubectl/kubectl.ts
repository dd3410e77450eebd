import { CliError } from "../cli-error.ts";
import { kubeconfigPaths } from "../kubeconfig-path.ts";
import { type ClusterConnection, loadKubeconfig } from "../load-kubeconfig.ts";
import { podraceVersion } from "../../cluster/version.ts";
import { ApiClient } from "./api-client.ts";
import { chooseContext } from "./choose-context.ts";
import type { CommandContext, KubectlCommand } from "./command.ts";
import { commands } from "./commands.ts";
import { Discovery } from "./discovery.ts";
import {
  FlagError,
  type FlagSpecs,
  parseFlags,
  type ParsedArgs,
  UnknownFlagError,
} from "./flags.ts";
import { commandHelp, kubectlHelp, subsetNotice } from "./help.ts";
import type { KubectlIo } from "./io.ts";
import { KubectlError, renderError } from "./kubectl-error.ts";

/** Flags that every command has. */
const globalFlags = {
  namespace: { type: "string", short: "n", help: "instead of the context's namespace" },
  context: { type: "string", help: "the kubeconfig's context to use" },
  kubeconfig: { type: "string", help: "the kubeconfig to use" },
  server: { type: "string", short: "s", help: "the address of the API server" },
  help: { type: "bool", short: "h", help: "explain the command" },
} as const satisfies FlagSpecs;

type GlobalArgs = ParsedArgs<typeof globalFlags>;

const program = "podrace kubectl";

/**
 * A part of kubectl for those who have none: the same requests, texts and exit codes, so that a
 * script or a tutorial cannot tell which it has.
 *
 * @param args What follows `podrace kubectl`.
 * @returns The exit code: 1 for whatever goes wrong, as kubectl has it, and 130 after Ctrl-C.
 */
export async function kubectl(args: readonly string[], io: KubectlIo): Promise<number> {
  const { name, rest } = splitCommand(args);
  if (name === undefined || name === "help") {
    io.out(kubectlHelp(program, commands));
    return 0;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    io.err(`error: unknown command "${name}" for "${program}"\n${subsetNotice(program, commands)}`);
    return 1;
  }
  return runCommand(command, rest, io);
}

async function runCommand(
  command: KubectlCommand,
  args: readonly string[],
  io: KubectlIo,
): Promise<number> {
  const commandLine = `${program} ${command.name}`;
  let client: ApiClient | undefined;
  try {
    const parsed = parseFlags(args, { ...globalFlags, ...command.flags });
    const global = parsed as unknown as GlobalArgs;
    if (global.flags.help) {
      io.out(commandHelp(program, command, globalFlags));
      return 0;
    }
    client = new ApiClient(() => connect(global, io), {
      userAgent: `podrace/${podraceVersion}`,
      interrupted: io.interrupted,
      onWarning: (text) => io.err(`Warning: ${text}\n`),
    });
    return await command.run(contextOf(client, global, io, commandLine), parsed);
  } catch (error) {
    if (io.interrupted.aborted) return 130;
    io.err(explained(error, commandLine));
    return 1;
  } finally {
    client?.close();
  }
}

function contextOf(
  client: ApiClient,
  { flags: { namespace } }: GlobalArgs,
  io: KubectlIo,
  commandLine: string,
): CommandContext {
  return {
    client,
    discovery: new Discovery(client),
    io,
    // Asked for late: what needs no server needs no kubeconfig.
    get namespace() {
      return namespace ?? client.connection.namespace;
    },
    isNamespaceGiven: namespace !== undefined,
    commandLine,
  };
}

function connect({ flags }: GlobalArgs, { env }: KubectlIo): ClusterConnection {
  if (flags.server !== undefined && flags.context === undefined && flags.kubeconfig === undefined) {
    return {
      contextName: "",
      server: /^https?:\/\//.test(flags.server) ? flags.server : `http://${flags.server}`,
      namespace: "default",
      skipVerification: false,
    };
  }
  const files = kubeconfigPaths({ flag: flags.kubeconfig, env });
  const kubeconfig = loadKubeconfig(files);
  const context = flags.context ?? chooseContext(kubeconfig, files);
  const connection = kubeconfig.connection(context);
  return flags.server === undefined ? connection : { ...connection, server: flags.server };
}

/** The command's name is the first word that is neither a global flag nor its value. */
function splitCommand(args: readonly string[]): {
  readonly name: string | undefined;
  readonly rest: readonly string[];
} {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (!arg.startsWith("-")) {
      return { name: arg, rest: [...args.slice(0, index), ...args.slice(index + 1)] };
    }
    if (/^(?:-[ns]|--(?:namespace|context|kubeconfig|server))$/.test(arg)) index++;
  }
  return { name: undefined, rest: args };
}

function explained(error: unknown, commandLine: string): string {
  if (error instanceof CliError) {
    return `error: ${error.message}\n${error.hint === undefined ? "" : `${error.hint}\n`}`;
  }
  if (!(error instanceof FlagError)) {
    if (error instanceof KubectlError || isExpected(error)) return renderError(error);
    throw error;
  }
  const notice = error instanceof UnknownFlagError ? subsetNotice(program, commands) : "";
  return `${renderError(error)}See '${commandLine} --help' for usage.\n${notice}`;
}

/** What the server said. Anything else is a bug, and is for the caller to report. */
function isExpected(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isExpected);
  return error instanceof KubectlError || (error instanceof Error && error.name === "ApiError");
}
