import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { usageError } from "./cli-error.ts";

/** The three lists of a kubeconfig. Their entries are found by `name`. */
export const entryLists = ["clusters", "contexts", "users"] as const;
export type EntryList = (typeof entryLists)[number];

/**
 * A kubeconfig as its owner wrote it: comments, order and fields that are none of our business stay
 * where they are.
 *
 * @see client-go `tools/clientcmd/api/v1/types.go`: Config
 */
export class KubeconfigDocument {
  readonly #document: Document;
  readonly #indentSequences: boolean;

  /** @throws {CliError} Exit code 2, with file, line and column, for what is not a kubeconfig. */
  constructor(text: string, file: string) {
    const lines = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    this.#indentSequences = text !== "" && !/^- /m.test(text);
    checkShape(this.#document, (offset, problem) => {
      const { line, col } = lines.linePos(offset);
      return usageError(`${file}:${line}:${col}: ${problem}`);
    });
    if (this.#document.contents === null) this.#document.contents = this.#emptyConfig();
  }

  get currentContext(): string {
    const name = this.#document.get("current-context");
    return typeof name === "string" ? name : "";
  }

  set currentContext(name: string) {
    this.#document.set("current-context", name);
  }

  /** The entry's payload (`cluster`, `context` or `user`) as plain data. */
  entry(list: EntryList, name: string): Readonly<Record<string, unknown>> | undefined {
    const entry = this.#entries(list)?.items.find((item) => nameOf(item) === name);
    if (!isMap(entry)) return undefined;
    const payload: unknown = entry.toJS(this.#document)[payloadKey[list]];
    return typeof payload === "object" && payload !== null ? { ...payload } : {};
  }

  names(list: EntryList): readonly string[] {
    return this.#entries(list)?.items.flatMap((item) => nameOf(item) ?? []) ?? [];
  }

  /** Replaces the entry of that name where it stands, or adds it to the end. */
  setEntry(list: EntryList, name: string, payload: Readonly<Record<string, unknown>>): void {
    const entry = this.#document.createNode({ name, [payloadKey[list]]: payload });
    const entries = this.#entries(list);
    if (entries === undefined) {
      this.#document.set(list, this.#document.createNode([entry]));
      return;
    }
    const index = entries.items.findIndex((item) => nameOf(item) === name);
    if (index === -1) entries.items.push(entry);
    else entries.items[index] = entry;
    // A flow sequence, `[]`, cannot hold the block style of the rest of the file.
    if (entries.items.length === 1) entries.flow = false;
  }

  /** @returns Whether there was one. */
  removeEntry(list: EntryList, name: string): boolean {
    const entries = this.#entries(list);
    const index = entries?.items.findIndex((item) => nameOf(item) === name) ?? -1;
    if (index === -1) return false;
    entries?.items.splice(index, 1);
    return true;
  }

  /** YAML that always says what it is: some clients will not read a kubeconfig that does not. */
  toString(): string {
    if (!this.#document.has("apiVersion")) this.#document.set("apiVersion", "v1");
    if (!this.#document.has("kind")) this.#document.set("kind", "Config");
    return this.#document.toString({ lineWidth: 0, indentSeq: this.#indentSequences });
  }

  #entries(list: EntryList): YAMLSeq<Node> | undefined {
    const entries = this.#document.get(list);
    return isSeq(entries) ? (entries as YAMLSeq<Node>) : undefined;
  }

  #emptyConfig(): YAMLMap {
    return this.#document.createNode({
      apiVersion: "v1",
      clusters: [],
      contexts: [],
      "current-context": "",
      kind: "Config",
      users: [],
    });
  }
}

const payloadKey = { clusters: "cluster", contexts: "context", users: "user" } as const;

function nameOf(entry: unknown): string | undefined {
  const name = isMap(entry) ? entry.get("name") : undefined;
  return typeof name === "string" ? name : undefined;
}

type Problem = (offset: number, problem: string) => Error;

function checkShape(document: Document, problem: Problem): void {
  const [error] = document.errors;
  if (error) throw problem(error.pos[0], error.message);
  const config = document.contents;
  if (config === null || (isScalar(config) && config.value === null)) {
    document.contents = null;
    return;
  }
  if (!isMap(config)) throw problem(offsetOf(config), "a kubeconfig is a map");

  for (const [key, expected] of [
    ["apiVersion", "v1"],
    ["kind", "Config"],
  ] as const) {
    const node = config.get(key, true);
    if (isScalar(node) && node.value !== null && node.value !== expected) {
      throw problem(offsetOf(node), `${key} of a kubeconfig is ${expected}, not ${node.source}`);
    }
  }
  for (const list of entryLists) checkList(config, list, problem);
}

/** A list that is null is what kubectl writes for an empty one. */
function checkList(config: YAMLMap, list: EntryList, problem: Problem): void {
  const entries = config.get(list, true) as Node | undefined;
  if (entries === undefined || (isScalar(entries) && entries.value === null)) return;
  if (!isSeq(entries)) throw problem(offsetOf(entries), `${list} of a kubeconfig is a list`);
  for (const entry of entries.items as Node[]) {
    if (nameOf(entry) === undefined) {
      throw problem(offsetOf(entry), `every entry of ${list} is a map with a name`);
    }
  }
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
