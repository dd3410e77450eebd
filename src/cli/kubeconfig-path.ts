import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

export interface KubeconfigPathOptions {
  /** The value of `--kubeconfig`. */
  readonly flag?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
}

/**
 * The files kubectl would read, most important first: `--kubeconfig`, else those listed in
 * `$KUBECONFIG`, else `~/.kube/config`. They need not exist.
 *
 * @see client-go `tools/clientcmd/loader.go`: NewDefaultClientConfigLoadingRules
 */
export function kubeconfigPaths(options: KubeconfigPathOptions): readonly string[] {
  const { flag, env, home = homedir() } = options;
  if (flag !== undefined && flag !== "") return [flag];
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  return listed.length > 0 ? [...new Set(listed)] : [join(home, ".kube", "config")];
}

/**
 * The one file kubectl would write a new context to: the first that exists, else the last.
 *
 * @see client-go `tools/clientcmd/config.go`: GetDefaultFilename
 */
export function kubeconfigToWrite(options: KubeconfigPathOptions): string {
  const paths = kubeconfigPaths(options);
  return paths.find((path) => existsSync(path)) ?? (paths.at(-1) as string);
}
