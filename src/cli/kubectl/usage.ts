import type { CommandContext } from "./command.ts";
import { KubectlError } from "./kubectl-error.ts";

/** A command used the wrong way. @see kubectl `util/helpers.go`: UsageErrorf */
export function usageError({ commandLine }: CommandContext, message: string): KubectlError {
  return new KubectlError(`${message}\nSee '${commandLine} -h' for help and examples`);
}
