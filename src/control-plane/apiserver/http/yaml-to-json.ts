import { parseDocument, type YAMLParseError } from "yaml";
import { DecodeError } from "../../../api/schema/decode-error.ts";

/** More aliases than any manifest has, fewer than it takes to fill the memory. */
const aliasesMax = 10_000;

/**
 * The first document of a YAML text as JSON.
 *
 * @returns `strictErrors` for keys that stand twice: the last one counts, unless somebody minds.
 * @throws {DecodeError} Naming the line.
 */
export function yamlToJson(text: string): {
  readonly json: string;
  readonly strictErrors: readonly string[];
} {
  const document = parseDocument(text, { merge: true, logLevel: "silent" });
  const strictErrors: string[] = [];
  for (const error of document.errors) {
    if (error.code === "MULTIPLE_DOCS") break;
    if (error.code !== "DUPLICATE_KEY") throw new DecodeError(problemOf(error));
    strictErrors.push(problemOf(error));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: aliasesMax });
  } catch (error) {
    throw new DecodeError(`yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { json: JSON.stringify(value ?? null), strictErrors };
}

/** Upstream's words where they are known, the parser's otherwise; the line always. */
function problemOf({ code, message, linePos }: YAMLParseError): string {
  const [words = ""] = message.split(/ at line \d+|\n/, 1);
  const problem = code === "TAB_AS_INDENT" ? "found character that cannot start any token" : words;
  return `yaml: line ${linePos?.[0].line ?? 1}: ${problem}`;
}
