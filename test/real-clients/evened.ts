import type { KubectlResult } from "./kubectl.ts";

/** An answer without what no two runs have in common: ages, addresses, nodes, times, UIDs. */
export function evened({ exitCode, stdout, stderr }: KubectlResult): KubectlResult {
  return { exitCode, stdout: even(stdout), stderr: even(stderr) };
}

function even(text: string): string {
  return text
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+(:\d+)?\b/g, "ADDRESS")
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME")
    .replaceAll(/\b(\d+h)?(\d+m)?\d+[smh]\b/g, "AGE")
    .replaceAll(/\bnode-\d\b/g, "NODE")
    .replaceAll(/(uid: |resourceVersion: ).*/g, "$1…")
    .replaceAll(/  +/g, "  ");
}
