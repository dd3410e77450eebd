import { ComponentSchemas, type JsonSchema } from "./component-schemas.ts";
import { type Operation, operationsOf } from "./operations.ts";
import { concatenated, messageField, stringField } from "./protobuf-writer.ts";
import type { GroupVersionKind, ServedKind } from "./served-kind.ts";

/**
 * The OpenAPI version 2 document, as JSON: schemas of the kinds, and their PATCH operations, whose
 * parameters clients read to learn what the server can do.
 *
 * @param version Of the server: `v1.36.0`.
 */
export function openApiV2(kinds: readonly ServedKind[], version: string): JsonSchema {
  const schemas = new ComponentSchemas(2);
  const paths = patchOperations(kinds).map(({ path, operation }) => {
    const answer = operation.answer === "text" ? undefined : schemas.refer(operation.answer);
    const patch = {
      operationId: operation.id,
      parameters: [
        ...operation.queryParameters.map(({ name, type }) => ({ name, in: "query", type })),
        { name: "body", in: "body", required: true, schema: schemas.referPatch() },
      ],
      responses: { "200": { description: "OK", schema: answer } },
      "x-kubernetes-action": operation.action,
      [kindExtension]: operation.gvk,
    };
    return [path, { patch }] as const;
  });
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version },
    paths: Object.fromEntries(paths),
    definitions: schemas.all(),
  };
}

/**
 * The document for kubectl up to 1.28, which reads version 2 as protobuf only. Without schemas: kubectl
 * needs none of them but for `explain` up to 1.26.
 *
 * @see github.com/google/gnostic-models `openapiv2/OpenAPIv2.proto`, whose field numbers these are
 */
export function openApiV2Protobuf(kinds: readonly ServedKind[], version: string): Uint8Array {
  const paths = patchOperations(kinds).map(({ path, operation }) => {
    const pathItem = messageField(2, messageField(8, ...operationFields(operation)));
    return messageField(2, stringField(1, path), pathItem);
  });
  return concatenated([
    stringField(1, "2.0"),
    messageField(2, stringField(1, "Kubernetes"), stringField(2, version)),
    messageField(8, ...paths),
  ]);
}

const kindExtension = "x-kubernetes-group-version-kind";

/** `Operation`: parameters, responses, vendor extensions. */
function operationFields({ gvk, queryParameters }: Operation): readonly Uint8Array[] {
  const ok = messageField(1, stringField(1, "OK"));
  const response = messageField(1, stringField(1, "200"), messageField(2, ok));
  const extension = [stringField(1, kindExtension), messageField(2, stringField(2, yamlOf(gvk)))];
  return [
    ...queryParameters.map(({ name, type }) => {
      const query = messageField(
        3,
        stringField(2, "query"),
        stringField(4, name),
        stringField(6, type),
      );
      const parameter = messageField(1, messageField(2, query));
      return messageField(8, parameter);
    }),
    messageField(9, response),
    messageField(13, ...extension),
  ];
}

function yamlOf({ group, kind, version }: GroupVersionKind): string {
  return `group: ${JSON.stringify(group)}\nkind: ${kind}\nversion: ${version}\n`;
}

function patchOperations(kinds: readonly ServedKind[]) {
  return kinds
    .flatMap(operationsOf)
    .flatMap(({ path, operations }) =>
      operations
        .filter(({ method }) => method === "patch" && path.endsWith("{name}"))
        .map((operation) => ({ path, operation })),
    );
}
