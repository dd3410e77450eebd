import { ComponentSchemas, type JsonSchema } from "./component-schemas.ts";
import { contentHash } from "./content-hash.ts";
import { type Operation, operationsOf, type PathOperations } from "./operations.ts";
import { rootPathOf, type ServedKind } from "./served-kind.ts";

export interface OpenApiV3 {
  /** What `GET /openapi/v3` answers: where the documents are, the hash of each in its URL. */
  readonly index: {
    readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
  };
  /** By `api/v1`, `apis/apps/v1`. */
  readonly documents: ReadonlyMap<string, OpenApiV3Document>;
}

export interface OpenApiV3Document {
  /** JSON. */
  readonly text: string;
  /** Changes with the text and only then. It is the ETag, too. */
  readonly hash: string;
}

/**
 * The OpenAPI version 3 documents of these kinds, one for each group version.
 *
 * @param version Of the server: `v1.36.0`.
 * @see kubernetes `api/openapi-spec/v3`
 */
export function openApiV3(kinds: readonly ServedKind[], version: string): OpenApiV3 {
  const documents = new Map<string, OpenApiV3Document>();
  for (const [rootPath, group] of byRootPath(kinds)) {
    const text = JSON.stringify(documentOf(group, version));
    documents.set(rootPath, { text, hash: contentHash(text) });
  }
  const paths = [...documents].map(([rootPath, { hash }]) => {
    return [rootPath, { serverRelativeURL: `/openapi/v3/${rootPath}?hash=${hash}` }] as const;
  });
  return { index: { paths: Object.fromEntries(paths) }, documents };
}

function byRootPath(kinds: readonly ServedKind[]): ReadonlyMap<string, readonly ServedKind[]> {
  const groups = new Map<string, ServedKind[]>();
  for (const kind of kinds) {
    const rootPath = rootPathOf(kind);
    const group = groups.get(rootPath);
    if (group === undefined) groups.set(rootPath, [kind]);
    else group.push(kind);
  }
  return groups;
}

function documentOf(kinds: readonly ServedKind[], version: string): JsonSchema {
  const schemas = new ComponentSchemas(3);
  const paths = kinds
    .flatMap(operationsOf)
    .sort((left, right) => (left.path < right.path ? -1 : 1))
    .map((path) => [path.path, pathItem(path, schemas)] as const);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version },
    paths: Object.fromEntries(paths),
    components: { schemas: schemas.all() },
  };
}

function pathItem({ operations, pathParameters }: PathOperations, schemas: ComponentSchemas) {
  const inPath = pathParameters.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", uniqueItems: true },
  }));
  const pretty = { name: "pretty", in: "query", schema: { type: "string", uniqueItems: true } };
  return {
    ...Object.fromEntries(
      operations.map((operation) => [operation.method, operationItem(operation, schemas)]),
    ),
    parameters: [...inPath, pretty],
  };
}

function operationItem(operation: Operation, schemas: ComponentSchemas): JsonSchema {
  const { answer, codes, queryParameters } = operation;
  const content =
    answer === "text"
      ? { "text/plain": { schema: { type: "string" } } }
      : Object.fromEntries(answerTypes.map((type) => [type, { schema: schemas.refer(answer) }]));
  return {
    operationId: operation.id,
    parameters: queryParameters.map(({ name, type }) => ({
      name,
      in: "query",
      schema: { type, uniqueItems: true },
    })),
    ...requestBody(operation, schemas),
    responses: Object.fromEntries(
      codes.map((code) => [code, { description: descriptions.get(code), content }]),
    ),
    "x-kubernetes-action": operation.action,
    "x-kubernetes-group-version-kind": operation.gvk,
  };
}

function requestBody({ body }: Operation, schemas: ComponentSchemas): JsonSchema {
  if (body === undefined) return {};
  if (body !== "patch") {
    const content = { "*/*": { schema: schemas.refer(body) } };
    return {
      requestBody: body.kind === "DeleteOptions" ? { content } : { content, required: true },
    };
  }
  const schema = schemas.referPatch();
  const content = Object.fromEntries(patchTypes.map((type) => [type, { schema }]));
  return { requestBody: { content, required: true } };
}

const answerTypes = ["application/json", "application/yaml"];

const patchTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const descriptions = new Map([
  [200, "OK"],
  [201, "Created"],
  [202, "Accepted"],
]);
