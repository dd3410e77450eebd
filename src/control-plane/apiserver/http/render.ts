import type { KubeObject } from "../../../api/objects.ts";
import { apiVersionOf, groupResourceOf, type Resource } from "../resource.ts";
import type { ObjectList } from "../read.ts";
import { printerFor } from "../tables/printers.ts";
import type { Printer } from "../tables/table.ts";
import { itemJson, objectJson } from "./encode.ts";
import type { Representation } from "./negotiate.ts";

/** How much of the object a table row carries. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface RenderOptions {
  readonly representation: Representation;
  readonly includeObject: IncludeObject;
  readonly nowUs: number;
}

/** An object as the client asked to see it, in JSON. */
export function renderObject(
  resource: Resource,
  object: KubeObject,
  options: RenderOptions,
): string {
  const { as, metaVersion } = options.representation;
  if (as === "table") {
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? "" };
    return renderTable(resource, [object], metadata, options, true);
  }
  if (as === "partial") return partialJson(object, metaVersion);
  return objectJson(object);
}

/** A list as the client asked to see it, in JSON. */
export function renderList(resource: Resource, list: ObjectList, options: RenderOptions): string {
  const metadata = {
    resourceVersion: String(list.revision),
    ...(list.continue !== "" && { continue: list.continue }),
    ...(list.remainingItemCount !== undefined && { remainingItemCount: list.remainingItemCount }),
  };
  const { as, metaVersion } = options.representation;
  const objects = list.items.map((stored) => stored.toObject());
  if (as === "table") return renderTable(resource, objects, metadata, options, true);
  const head = { metadata };
  if (as === "partial") {
    const items = objects.map((object) => partialJson(object, metaVersion));
    return listJson({ kind: "PartialObjectMetadataList", apiVersion: metaVersion, ...head }, items);
  }
  const kind = `${resource.kind}List`;
  return listJson({ kind, apiVersion: apiVersionOf(resource), ...head }, objects.map(itemJson));
}

/** One object of a watch: a table of one row, with the columns on the first event only. */
export function renderWatched(
  resource: Resource,
  object: KubeObject,
  options: RenderOptions,
  isFirst: boolean,
): string {
  if (options.representation.as !== "table") return renderObject(resource, object, options);
  const metadata = { resourceVersion: object.metadata.resourceVersion ?? "" };
  return renderTable(resource, [object], metadata, options, isFirst);
}

/** A bookmark: an object that has a revision and nothing else. */
export function renderBookmark(
  resource: Resource,
  metadata: object,
  options: RenderOptions,
  isFirst: boolean,
): string {
  const object = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
  if (options.representation.as !== "table") return JSON.stringify(object);
  const printer = printerFor(groupResourceOf(resource));
  const cells = printer.columns.map((_column, index) => (index === 0 ? "" : null));
  return JSON.stringify({
    kind: "Table",
    apiVersion: options.representation.metaVersion,
    metadata,
    columnDefinitions: isFirst ? printer.columns : null,
    rows: [{ cells, object: partialBookmark(metadata, options) }],
  });
}

function partialBookmark(metadata: object, { representation }: RenderOptions): object {
  return { kind: "PartialObjectMetadata", apiVersion: representation.metaVersion, metadata };
}

function renderTable(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: object,
  options: RenderOptions,
  withColumns: boolean,
): string {
  const printer = printerFor(groupResourceOf(resource));
  const { metaVersion } = options.representation;
  const columns = withColumns ? JSON.stringify(printer.columns) : "null";
  const rows = objects.map((object) => rowJson(printer, object, options));
  const head = `{"kind":"Table","apiVersion":${JSON.stringify(metaVersion)},"metadata":${JSON.stringify(metadata)}`;
  return `${head},"columnDefinitions":${columns},"rows":[${rows.join(",")}]}`;
}

function rowJson(printer: Printer, object: KubeObject, options: RenderOptions): string {
  const { cells, conditions } = printer.row(object, options.nowUs);
  const { includeObject, representation } = options;
  const included =
    includeObject === "None"
      ? "null"
      : includeObject === "Object"
        ? objectJson(object)
        : partialJson(object, representation.metaVersion);
  const marks = conditions === undefined ? "" : `,"conditions":${JSON.stringify(conditions)}`;
  return `{"cells":${JSON.stringify(cells)}${marks},"object":${included}}`;
}

function partialJson({ metadata }: KubeObject, metaVersion: string): string {
  return JSON.stringify({ kind: "PartialObjectMetadata", apiVersion: metaVersion, metadata });
}

function listJson(head: object, items: readonly string[]): string {
  return `${JSON.stringify(head).slice(0, -1)},"items":[${items.join(",")}]}`;
}
