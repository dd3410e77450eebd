import { type Document, LineCounter, parseAllDocuments, visit } from "yaml";
import { KubectlError } from "./kubectl-error.ts";
import { resolveScalar } from "./yaml-scalars.ts";

/**
 * The documents of a manifest, empty ones left out: YAML with `---` between them, or JSON values one
 * after the other.
 *
 * @param name What messages call it: a path, or `STDIN`.
 * @throws {KubectlError} With the line and column of what cannot be read.
 */
export function parseManifest(text: string, name: string): readonly unknown[] {
  const documents = /^\s*[{[]/.test(text) ? jsonDocuments(text, name) : undefined;
  return (documents ?? yamlDocuments(text, name)).filter((document) => document !== null);
}

/** Like kubectl, takes for YAML what begins like JSON and is not. */
function jsonDocuments(text: string, name: string): readonly unknown[] | undefined {
  try {
    return splitJson(text).map((value): unknown => JSON.parse(value));
  } catch (error) {
    if (!name.endsWith(".json")) return undefined;
    throw new KubectlError(`error parsing ${name}: ${(error as Error).message}`);
  }
}

/** A value ends where its brackets are balanced outside strings. */
function splitJson(text: string): readonly string[] {
  const values: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++;
    if (token !== "}" && token !== "]") continue;
    depth--;
    if (depth > 0) continue;
    values.push(text.slice(start, index + 1));
    start = index + 1;
  }
  const rest = text.slice(start);
  return rest.trim() === "" ? values : [...values, rest];
}

function yamlDocuments(text: string, name: string): readonly unknown[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    schema: "failsafe",
    merge: true,
    uniqueKeys: false,
  });
  const toJson = (document: Document): unknown => {
    const [error] = document.errors;
    if (error) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      const place = `yaml: line ${line}, column ${col}: ${error.message}`;
      throw new KubectlError(`error parsing ${name}: error converting YAML to JSON: ${place}`);
    }
    resolveScalars(document);
    return document.toJS() as unknown;
  };
  return "empty" in documents ? [] : documents.map(toJson);
}

/** Keys stay the strings they are in JSON. */
function resolveScalars(document: Document): void {
  if (document.contents === null) return;
  visit(document, {
    Scalar(key, node) {
      const isPlain = node.type === "PLAIN" || node.type === undefined;
      if (key !== "key" && isPlain && node.tag === undefined) {
        node.value = resolveScalar(typeof node.value === "string" ? node.value : "");
      }
    },
  });
}
