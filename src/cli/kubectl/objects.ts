import { ApiError } from "../../api/errors.ts";
import type { Table } from "../../api/objects.ts";
import type { ApiClient, Query } from "./api-client.ts";
import { type ApiResource, apiVersionOf, qualifiedName, resourcePath } from "./discovery.ts";
import { KubectlError } from "./kubectl-error.ts";
import type { PrintableObject } from "./object-printer.ts";

/** Which objects of a type. Without a namespace, those of all. */
export interface ListOptions {
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export async function getObject(
  client: ApiClient,
  resource: ApiResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<PrintableObject> {
  return client.json({ path: resourcePath(resource, { namespace, name }) });
}

/** All pages of a list. Its items say what they are, which a server leaves to the list. */
export async function listObjects(
  client: ApiClient,
  resource: ApiResource,
  options: ListOptions,
): Promise<readonly PrintableObject[]> {
  const pages = await listPages<{ readonly items?: readonly PrintableObject[] | null }>(
    client,
    resource,
    options,
    "application/json",
  );
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return pages.flatMap(({ items }) => (items ?? []).map((item) => ({ ...type, ...item })));
}

/** One object as a table of one row. */
export async function getTable(
  client: ApiClient,
  resource: ApiResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Table> {
  const path = resourcePath(resource, { namespace, name });
  return checkedTable(await client.json<Table>({ path, accept: tableTypes }), resource);
}

/** All pages of a list as one table. */
export async function listTable(
  client: ApiClient,
  resource: ApiResource,
  options: ListOptions,
): Promise<Table> {
  const pages = await listPages<Table>(client, resource, options, tableTypes);
  const [first] = pages.map((page) => checkedTable(page, resource));
  return { ...(first as Table), rows: pages.flatMap(({ rows }) => rows) };
}

/** What a request for tables accepts. */
export const tableTypes = [
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
  "application/json",
].join(",");

interface Page {
  readonly metadata?: { readonly continue?: string };
}

async function listPages<T>(
  client: ApiClient,
  resource: ApiResource,
  { namespace, labelSelector, fieldSelector }: ListOptions,
  accept: string,
): Promise<readonly T[]> {
  const pages: (T & Page)[] = [];
  const query: Query = { labelSelector, fieldSelector, limit: "500" };
  const path = resourcePath(resource, { namespace });
  try {
    for (let token: string | undefined = ""; token !== undefined;) {
      const page: T & Page = await client.json({
        path,
        accept,
        query: { ...query, continue: token },
      });
      pages.push(page);
      token = page.metadata?.continue || undefined;
    }
  } catch (error) {
    throw enhanced(error, resource, { namespace, labelSelector, fieldSelector });
  }
  return pages;
}

/** @see cli-runtime `resource/query_param_verifier.go`, `helper.go`: EnhanceListError */
function enhanced(error: unknown, resource: ApiResource, options: ListOptions): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.reason !== "BadRequest" && error.reason !== "NotFound") return error;
  const { labelSelector = "", fieldSelector = "" } = options;
  const subject = `"${resource.group}/${resource.version}, Resource=${resource.plural}"`;
  const doing =
    labelSelector === "" && fieldSelector === ""
      ? `Unable to list ${subject}`
      : `Unable to find ${subject} that match label selector "${labelSelector}", field selector "${fieldSelector}"`;
  return new ApiError(error.reason, `${doing}: ${error.message}`, error.details, error.code);
}

function checkedTable(table: Table, resource: ApiResource): Table {
  if (table.kind === "Table") return table;
  throw new KubectlError(`the server does not print ${qualifiedName(resource)} as a table`);
}
