import { InvalidArgumentError, Option } from "commander";
import { parseSpeed, speedExpectation } from "../api/speed.ts";
import { clusterName, threadCount, wholeNumber } from "./option-values.ts";

/** What `up` and `snapshot restore` need to know of this process, whatever the cluster is. */
export interface ServeFlags {
  readonly name: string;
  readonly threads?: number | "per-node";
  readonly host: string;
  readonly port: number;
  readonly speed: number;
  readonly http?: true;
  readonly kubeconfig?: string;
  readonly record?: string;
}

/** Their options, one by one: each command lists them among its own. */
export const serveOption = {
  name: (): Option =>
    new Option("--name <name>", "the cluster's name; its context is podrace-NAME")
      .env("PODRACE_CLUSTER_NAME")
      .default("podrace")
      .argParser(clusterName),
  threads: (byDefault = "cores − 1"): Option =>
    new Option(
      "--threads <n>",
      `worker threads for the kubelets; 0 for none, per-node for one each (default: ${byDefault})`,
    )
      .env("PODRACE_THREADS")
      .argParser(threadCount),
  port: (): Option =>
    new Option("--port <port>", "port of the first API server; 0 for any free one")
      .env("PODRACE_PORT")
      .default(6443)
      .argParser(wholeNumber(0, 65_535)),
  host: (): Option =>
    new Option("--host <address>", "address to listen on").env("PODRACE_HOST").default("127.0.0.1"),
  speed: (): Option =>
    new Option("--speed <k>", "cluster seconds a real second; 0 is paused, max as fast as it goes")
      .env("PODRACE_SPEED")
      .default(1)
      .argParser(speed),
  http: (): Option =>
    new Option("--http", "plain HTTP: no certificates, everybody is an administrator"),
  kubeconfig: (): Option =>
    new Option(
      "--kubeconfig <file>",
      "the kubeconfig to write, instead of $KUBECONFIG or ~/.kube/config",
    ),
  record: (): Option =>
    new Option("--record <file>", "write down all that comes from outside, for podrace replay"),
};

/** How a command that serves a cluster ends. */
export const serveExitCodes =
  "\nExit codes: 0 when ended by Ctrl-C or SIGTERM once it is up; 130 or 143 when that came earlier;\n6 when the run broke: a thread died or no longer answers, or a bug.\n";

function speed(text: string): number {
  const value = parseSpeed(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(`It must be ${speedExpectation}.`);
}
