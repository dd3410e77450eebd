import type { KubectlCommand } from "./command.ts";
import type { FlagSpec, FlagSpecs } from "./flags.ts";
import { TabWriter } from "./tab-writer.ts";

export function kubectlHelp(program: string, commands: readonly KubectlCommand[]): string {
  const rows = commands.map(({ name, summary }) => `  ${name}\t${summary}\n`).join("");
  return `${program} is a small part of kubectl, for those who have none at hand. It talks to a podrace
cluster with kubectl's requests, texts and exit codes.

Usage:
  ${program} COMMAND [arguments] [flags]

Commands:
${new TabWriter().align(rows)}
Use "${program} COMMAND --help" for the flags of a command.
${realKubectl}`;
}

export function commandHelp(
  program: string,
  { name, summary, usage, flags }: KubectlCommand,
  globalFlags: FlagSpecs,
): string {
  return `${capitalised(summary)}.

Usage:
  ${program} ${name} ${usage}

Flags:
${flagRows(flags)}
Flags of every command:
${flagRows(globalFlags)}`;
}

/** What to do about something that kubectl may well have and this does not. */
export function subsetNotice(program: string, commands: readonly KubectlCommand[]): string {
  const names = commands.map(({ name }) => name).join(", ");
  return `"${program}" is a part of kubectl: ${names}.\n${realKubectl}`;
}

const realKubectl = `The real kubectl does all the rest, on the same cluster: https://kubernetes.io/docs/tasks/tools/\n`;

function flagRows(flags: FlagSpecs): string {
  const rows = Object.entries(flags).map(([name, spec]) => {
    const short = spec.short === undefined ? "    " : `-${spec.short}, `;
    return `  ${short}--${name}${placeholder(spec)}\t${spec.help}\n`;
  });
  return new TabWriter().align(rows.join(""));
}

function placeholder({ type }: FlagSpec): string {
  if (type === "bool") return "";
  return type === "int" ? "=NUMBER" : "=VALUE";
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
