import { CliError } from "./cli-error.ts";

/** What it means that an address cannot be listened on, and what to do; other errors as they are. */
export function explainListening(error: unknown, host: string, port: number): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new CliError(`port ${port} on ${host} is in use`, {
      hint: "Choose another with --port, or --port 0 for any free one.",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new CliError(`cannot listen on ${host}:${port}: ${message}`, { cause: error });
  }
  return error;
}
