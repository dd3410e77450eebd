import { CliError } from "./cli-error.ts";

/** What it means that an address cannot be listened on, and what to do; other errors as they are. */
export function explainListening(
  error: unknown,
  host: string,
  ports: { readonly port: number; readonly etcdPort?: number },
): unknown {
  const {
    code,
    message,
    port = ports.port,
  } = error as NodeJS.ErrnoException & {
    readonly port?: number;
  };
  if (code === "EADDRINUSE") {
    const flag = port === ports.port ? "--port" : "--etcd-port";
    return new CliError(`port ${port} on ${host} is in use`, {
      hint: `Choose another with ${flag}, or ${flag} 0 for any free one.`,
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new CliError(`cannot listen on ${host}:${port}: ${message}`, { cause: error });
  }
  return error;
}
