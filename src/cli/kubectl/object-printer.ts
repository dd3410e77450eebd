import { goYaml } from "./go-yaml.ts";
import { evaluateJsonPath } from "./jsonpath/evaluate-jsonpath.ts";
import { parseJsonPath } from "./jsonpath/parse-jsonpath.ts";
import { qualifiedKind } from "./discovery.ts";
import { KubectlError } from "./kubectl-error.ts";
import { sortedJson } from "./sorted-json.ts";

/** Any object of the API, or a list of them. */
export interface PrintableObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The text for one object after the other. */
export type ObjectPrinter = (object: PrintableObject) => string;

/**
 * For `-o json`, `yaml`, `name` and `jsonpath=TEMPLATE`.
 *
 * @throws {KubectlError} For any other format, and for a template that cannot be read.
 */
export function objectPrinter(output: string, { showManagedFields = false } = {}): ObjectPrinter {
  const [, format = "", template] = /^([^=]*)(?:=(.*))?$/s.exec(output) ?? [];
  const shown = showManagedFields ? (object: PrintableObject) => object : withoutManagedFields;
  switch (format) {
    case "json":
      return (object) => `${sortedJson(shown(object), 4)}\n`;
    case "yaml":
      return yamlPrinter(shown);
    case "name":
      return (object) =>
        itemsOf(object)
          .map((item) => `${nameOf(item)}\n`)
          .join("");
    case "jsonpath":
      if (template === undefined || template === "") {
        throw new KubectlError("template format specified but no template given");
      }
      parseJsonPath(template);
      return (object) => evaluateJsonPath(template, shown(object));
    default:
      throw new KubectlError(
        `unable to match a printer suitable for the output format "${format}", allowed formats are: ${objectFormats.join(",")}`,
      );
  }
}

const objectFormats = ["json", "jsonpath", "name", "wide", "yaml"];

/** `pod/web`, `deployment.apps/web`. */
export function nameOf({ apiVersion = "", kind = "", metadata }: PrintableObject): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/", 1).join() : "";
  return `${qualifiedKind({ group, kind })}/${metadata?.name ?? "<unknown>"}`;
}

/** From the second object on, each begins a document of its own. */
function yamlPrinter(shown: ObjectTransform): ObjectPrinter {
  let separator = "";
  return (object) => {
    const text = separator + goYaml(shown(object));
    separator = "---\n";
    return text;
  };
}

type ObjectTransform = (object: PrintableObject) => PrintableObject;

function withoutManagedFields(object: PrintableObject): PrintableObject {
  const { items, metadata } = object;
  const { managedFields: _left, ...rest } = metadata ?? {};
  return {
    ...object,
    ...(metadata && { metadata: rest }),
    ...(Array.isArray(items) && { items: (items as PrintableObject[]).map(withoutManagedFields) }),
  };
}

function itemsOf(object: PrintableObject): readonly PrintableObject[] {
  return Array.isArray(object["items"]) ? (object["items"] as PrintableObject[]) : [object];
}
