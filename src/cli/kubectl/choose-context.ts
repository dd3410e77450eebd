import type { MergedKubeconfig } from "../load-kubeconfig.ts";
import { KubectlError } from "./kubectl-error.ts";

/**
 * The context to use when none is named: the current one if it is podrace's, else the only one that
 * is. Never another: `podrace kubectl delete` is not to reach a cluster of somebody else's because
 * somebody switched.
 *
 * @throws {KubectlError} If there is none, or more than one to choose from.
 */
export function chooseContext(
  { contextNames, currentContext }: MergedKubeconfig,
  files: readonly string[],
): string {
  const own = contextNames.filter((name) => name.startsWith("podrace-"));
  if (own.includes(currentContext)) return currentContext;
  const [only, ...more] = own;
  if (only === undefined) {
    const current = currentContext === "" ? "" : ` (its current context is "${currentContext}")`;
    throw new KubectlError(
      `no podrace cluster in ${files.join(", ")}${current}\nStart one with "podrace up", or name a context with --context.`,
    );
  }
  if (more.length === 0) return only;
  throw new KubectlError(
    `several podrace clusters and none is current\nName one with --context: ${own.join(", ")}`,
  );
}
