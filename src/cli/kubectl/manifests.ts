import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sortedJson } from "./sorted-json.ts";
import type { CommandContext } from "./command.ts";
import { type ApiResource, resourcePath } from "./discovery.ts";
import { KubectlError } from "./kubectl-error.ts";
import type { PrintableObject } from "./object-printer.ts";
import { parseManifest } from "./parse-manifest.ts";

/** An object of a manifest, in its namespace, with the type that the server has for it. */
export interface ManifestObject {
  readonly object: PrintableObject;
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
  /** The file it is from, as messages name it. */
  readonly source: string;
  readonly path: string;
  /** Where it would be created. */
  readonly collectionPath: string;
}

/**
 * The objects of files, folders and stdin (`-`), in order; those of a `List` one by one. What cannot
 * be read, or is of no type the server has, is among the errors, and the rest is there all the same.
 *
 * @see cli-runtime `resource/visitor.go`: FileVisitor, StreamVisitor
 */
export async function readManifests(
  context: CommandContext,
  files: readonly string[],
): Promise<{ readonly objects: readonly ManifestObject[]; readonly errors: readonly unknown[] }> {
  const objects: ManifestObject[] = [];
  const errors: unknown[] = [];
  for (const { source, read } of files.flatMap((file) => sourcesOf(context, file))) {
    try {
      for (const document of parseManifest(await read(), source)) {
        for (const object of flattened(decoded(document, source))) {
          objects.push(await placed(context, object, source));
        }
      }
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      errors.push(error);
    }
  }
  return { objects, errors };
}

interface Source {
  readonly source: string;
  readonly read: () => Promise<string> | string;
}

function sourcesOf({ io }: CommandContext, file: string): readonly Source[] {
  if (file === "-") return [{ source: "STDIN", read: () => io.readStdin() }];
  if (/^https?:\/\//.test(file)) {
    throw new KubectlError(`podrace kubectl reads files and stdin, not ${file}`);
  }
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new KubectlError(`the path "${file}" does not exist`);
  const paths = stat.isDirectory()
    ? readdirSync(file)
        .filter((name) => /\.(?:json|yaml|yml)$/.test(name))
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map((name) => join(file, name))
    : [file];
  return paths.map((path) => ({ source: path, read: () => readFileSync(path, "utf8") }));
}

function decoded(document: unknown, source: string): PrintableObject {
  const isMap = typeof document === "object" && document !== null && !Array.isArray(document);
  if (!isMap) {
    const type = Array.isArray(document) ? "array" : typeof document;
    const problem = `json: cannot unmarshal ${type} into Go value of type unstructured.detector`;
    throw new KubectlError(`unable to decode "${source}": ${problem}`);
  }
  const object = document as PrintableObject;
  for (const key of ["kind", "apiVersion"] as const) {
    if (typeof object[key] === "string" && object[key] !== "") continue;
    const what = key === "kind" ? "Kind" : key;
    const problem = `Object '${what}' is missing in '${sortedJson(object)}'`;
    throw new KubectlError(`unable to decode "${source}": ${problem}`);
  }
  return object;
}

function flattened(object: PrintableObject): readonly PrintableObject[] {
  const { items, kind = "" } = object;
  return kind.endsWith("List") && Array.isArray(items) ? (items as PrintableObject[]) : [object];
}

/** @see cli-runtime `resource/mapper.go`: infoForData; `visitor.go`: SetNamespace, RequireNamespace */
async function placed(
  context: CommandContext,
  object: PrintableObject,
  source: string,
): Promise<ManifestObject> {
  const { apiVersion = "", kind = "", metadata = {} } = object;
  const name = metadata.name ?? "";
  const own = typeof metadata["namespace"] === "string" ? metadata["namespace"] : "";
  const resource = await context.discovery.findKind(apiVersion, kind);
  if (resource === undefined) {
    throw new KubectlError(
      `resource mapping not found for name: "${name}" namespace: "${own}" from "${source}": no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  }
  if (context.isNamespaceGiven && resource.namespaced && own !== "" && own !== context.namespace) {
    throw new KubectlError(
      `the namespace from the provided object "${own}" does not match the namespace "${context.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  const namespace = own === "" ? context.namespace : own;
  return {
    object: resource.namespaced ? { ...object, metadata: { ...metadata, namespace } } : object,
    resource,
    namespace,
    name,
    source,
    path: resourcePath(resource, { namespace, name }),
    collectionPath: resourcePath(resource, { namespace }),
  };
}
