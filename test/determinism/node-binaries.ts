import { delimiter } from "node:path";
import { pinnedExecutable } from "../pinned-executable.ts";

/** Versions of Node.js, each with the SHA-512 of the package that carries it, by platform. */
const packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "linux-x64": {
    "20.20.2":
      "PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
    "22.23.3":
      "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
    "24.21.0":
      "3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  "linux-arm64": {
    "20.20.2":
      "LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
    "22.23.3":
      "l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    "24.21.0":
      "FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
};

/**
 * The Node.js binaries to compare: `PODRACE_NODES` (paths, as in PATH) if set, else 20, 22 and 24 out
 * of npm packages, kept under `node_modules/.cache`.
 *
 * @throws {Error} If there are none for this machine; it says what to set.
 */
export async function nodeBinaries(): Promise<readonly string[]> {
  const chosen = (process.env["PODRACE_NODES"] ?? "")
    .split(delimiter)
    .filter((path) => path !== "");
  if (chosen.length > 0) return chosen;
  const platform = `${process.platform}-${process.arch}`;
  const versions = packages[platform];
  if (versions === undefined) {
    throw new Error(
      `no Node.js is pinned for ${platform}: set PODRACE_NODES to the paths of some, with ${JSON.stringify(delimiter)} between them`,
    );
  }
  return Promise.all(
    Object.entries(versions).map(([version, sha512]) =>
      pinnedExecutable(
        { spec: `node-${platform}@${version}`, sha512, file: "package/bin/node" },
        `node/${version}/node`,
      ),
    ),
  );
}
