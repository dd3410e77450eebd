import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "..");

/** One thing the linter reported. `rule` is as it prints it, e.g. `eslint(eqeqeq)`. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/**
 * Lints files that exist nowhere else, under this project's own configuration and command line.
 *
 * @param files Content by path; paths are relative to the root and start with a linted folder.
 */
export async function lintTree(files: Readonly<Record<string, string>>): Promise<Finding[]> {
  const root = await mkdtemp(join(tmpdir(), "podrace-lint-"));
  try {
    for (const name of ["oxlint.config.js", "tsconfig.json", "package.json"]) {
      await cp(join(project, name), join(root, name));
    }
    await symlink(join(project, "node_modules"), join(root, "node_modules"), "dir");
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    return await lint(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function lint(root: string): Promise<Finding[]> {
  const { diagnostics } = JSON.parse(await runOxlint(root)) as { diagnostics: Diagnostic[] };
  return diagnostics.map(({ filename, code, labels }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    rule: code,
  }));
}

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/** Its exit code is 1 when it found something, which is what these trees are for. */
function runOxlint(root: string): Promise<string> {
  const command = ["node_modules/oxlint/bin/oxlint", "-c", "oxlint.config.js", "--type-aware"];
  const args = [...command, "--format", "json", "src", "workers", "test", "bench"];
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((fulfil, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (stdout.trimStart().startsWith("{")) fulfil(stdout);
      else reject(new Error(`oxlint did not report: ${stdout}${stderr}`, { cause: error }));
    });
  });
}
