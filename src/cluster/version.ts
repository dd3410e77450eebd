import { createRequire } from "node:module";
import type { VersionInfo } from "../control-plane/apiserver/http/http-door.ts";

import { nodeVersion, platform } from "./machine.ts";

/** The Kubernetes that is simulated. */
export const kubernetesVersion = "v1.36.0";

/** podrace's own version, from the package that this code is part of. */
export const podraceVersion = (
  createRequire(import.meta.url)("podrace/package.json") as { readonly version: string }
).version;

/** What `/version` says: Kubernetes' version, and plainly who it comes from. */
export const versionInfo: VersionInfo = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: `${kubernetesVersion}+podrace.${podraceVersion}`,
  gitCommit: "0000000000000000000000000000000000000000",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: `node${nodeVersion}`,
  compiler: "v8",
  platform,
};
