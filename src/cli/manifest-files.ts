import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StartManifest } from "../cluster/start-manifests.ts";
import { usageError } from "./cli-error.ts";
import { KubectlError } from "./kubectl/kubectl-error.ts";
import { parseManifest } from "./kubectl/parse-manifest.ts";

/**
 * The objects of files, folders and stdin (`-`): a folder's files in the order of their names, and
 * those of a `List` one by one.
 *
 * @throws {CliError} Exit code 2, naming the file and the document that cannot be read.
 */
export function readManifestFiles(paths: readonly string[]): readonly StartManifest[] {
  return paths.flatMap(filesOf).flatMap((file) =>
    documentsOf(file).flatMap((document, index) => {
      const source = `${file === "-" ? "stdin" : file}, document ${index + 1}`;
      return itemsOf(document, source).map((item) => requireObject(item.object, item.source));
    }),
  );
}

function filesOf(path: string): readonly string[] {
  if (path === "-") return [path];
  let names: readonly string[];
  try {
    if (!statSync(path).isDirectory()) return [path];
    names = readdirSync(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
  const files = names
    .filter((name) => /\.(?:json|yaml|yml)$/.test(name))
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((name) => join(path, name));
  if (files.length > 0) return files;
  throw usageError(`no manifests in ${path}: expected files named .yaml, .yml or .json`);
}

function documentsOf(file: string): readonly unknown[] {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw cannotRead(file, error);
  }
  try {
    return parseManifest(text, file === "-" ? "stdin" : file);
  } catch (error) {
    if (error instanceof KubectlError) throw usageError(error.message);
    throw error;
  }
}

function itemsOf(
  document: unknown,
  source: string,
): readonly { readonly object: unknown; readonly source: string }[] {
  const { kind, items } = (document ?? {}) as { readonly kind?: unknown; readonly items?: unknown };
  const isList = typeof kind === "string" && kind.endsWith("List") && Array.isArray(items);
  if (!isList) return [{ object: document, source }];
  return items.map((object: unknown, index) => ({
    object,
    source: `${source}, item ${index + 1}`,
  }));
}

function requireObject(object: unknown, source: string): StartManifest {
  const isMap = typeof object === "object" && object !== null && !Array.isArray(object);
  if (!isMap) throw usageError(`${source}: expected an object, not ${JSON.stringify(object)}`);
  const fields = object as Readonly<Record<string, unknown>>;
  for (const field of ["apiVersion", "kind"]) {
    if (typeof fields[field] === "string" && fields[field] !== "") continue;
    throw usageError(
      `${source}: ${field}: expected a text such as ${JSON.stringify(example[field])}`,
    );
  }
  const { metadata } = fields;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw usageError(`${source}: metadata: expected a map with a name`);
  }
  return { source, object: fields };
}

const example: Readonly<Record<string, string>> = { apiVersion: "v1", kind: "Pod" };

function cannotRead(path: string, error: unknown): Error {
  return usageError(`cannot read ${path === "-" ? "stdin" : path}: ${(error as Error).message}`);
}
