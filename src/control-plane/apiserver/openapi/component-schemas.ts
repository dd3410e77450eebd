import { type SchemaField, type SchemaType, typeOf } from "../../../api/schema/schema.ts";
import { apiVersionOf } from "../resource.ts";
import type { GroupVersionKind } from "./served-kind.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Version 2 has no `oneOf`, and wants nothing beside a reference but does not wrap it either. */
export type OpenApiVersion = 2 | 3;

/**
 * The schemas that a document needs: of the kinds that were referred to and of all they reach.
 *
 * Structure is upstream's; descriptions are not there.
 *
 * @see kube-openapi `pkg/generators/openapi.go`
 */
export class ComponentSchemas {
  readonly #version: OpenApiVersion;
  readonly #schemas = new Map<string, JsonSchema>();

  constructor(version: OpenApiVersion) {
    this.#version = version;
  }

  /** A reference to the kind's schema, which then is part of `all`. Undefined for unknown kinds. */
  refer(gvk: GroupVersionKind): JsonSchema | undefined {
    const type = typeOf(apiVersionOf(gvk), gvk.kind);
    if (type === undefined) return undefined;
    this.#add(type, gvk);
    return this.#reference(schemaName(type));
  }

  /** What patches are: any object. */
  referPatch(): JsonSchema {
    const name = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
    this.#schemas.set(name, { type: "object" });
    return this.#reference(name);
  }

  /** By name, sorted. */
  all(): Readonly<Record<string, JsonSchema>> {
    const sorted = [...this.#schemas].sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(sorted);
  }

  #add(type: SchemaType, gvk?: GroupVersionKind): void {
    const name = schemaName(type);
    const known = this.#schemas.get(name);
    const kindExtension = "x-kubernetes-group-version-kind";
    if (known !== undefined && (gvk === undefined || kindExtension in known)) return;
    const schema = known ?? this.#ownSchema(type) ?? this.#struct(type);
    this.#schemas.set(name, gvk === undefined ? schema : { ...schema, [kindExtension]: [gvk] });
    if (known !== undefined || ownSchemas.has(type.name)) return;
    for (const field of type.fields) {
      if (field.kind === "message" && field.type.form !== "strings") this.#add(field.type);
    }
  }

  #ownSchema(type: SchemaType): JsonSchema | undefined {
    const schema = ownSchemas.get(type.name);
    if (this.#version === 3 || schema === undefined || !("oneOf" in schema)) return schema;
    const { oneOf: _, ...rest } = schema;
    return { type: "string", ...rest };
  }

  #struct(type: SchemaType): JsonSchema {
    const fields = [...type.fields].sort((left, right) => (left.name < right.name ? -1 : 1));
    const required = type.fields.filter((field) => field.isRequired).map((field) => field.name);
    return {
      type: "object",
      ...(required.length > 0 && { required }),
      ...(fields.length > 0 && {
        properties: Object.fromEntries(fields.map((field) => [field.name, this.#property(field)])),
      }),
      ...(type.isAtomic && { "x-kubernetes-map-type": "atomic" }),
    };
  }

  #property(field: SchemaField): JsonSchema {
    if (field.isList) {
      return { type: "array", items: this.#element(field), ...listExtensions(field) };
    }
    if (field.isMap) {
      const mapType = field.mapType && { "x-kubernetes-map-type": field.mapType };
      return { type: "object", additionalProperties: this.#element(field), ...mapType };
    }
    const single = this.#single(field, !field.isPointer && field.kind === "message");
    const isWritten = !field.omitsEmpty && !field.isPointer && field.kind !== "message";
    const fallback = field.defaultValue ?? (isWritten ? zeroOf(field) : undefined);
    return {
      ...single,
      ...(fallback !== undefined && { default: fallback }),
      ...patchExtensions(field),
    };
  }

  #element(field: SchemaField): JsonSchema {
    if (field.kind === "message") {
      if (ownSchemas.has(field.type.name)) return this.#reference(schemaName(field.type));
      return this.#single(field, true);
    }
    const zero = zeroOf(field);
    return { ...this.#single(field, false), ...(zero !== undefined && { default: zero }) };
  }

  #single(field: SchemaField, hasDefault: boolean): JsonSchema {
    if (field.kind !== "message") {
      const values = field.enumValues && { enum: [...field.enumValues].sort() };
      return { ...scalars[field.kind], ...values };
    }
    if (field.type.form === "strings") {
      return { type: "array", items: { type: "string", default: "" } };
    }
    const reference = this.#reference(schemaName(field.type));
    if (this.#version === 2) return reference;
    const hasOwnSchema = ownSchemas.has(field.type.name);
    return { allOf: [reference], ...(hasDefault && !hasOwnSchema && { default: {} }) };
  }

  #reference(name: string): JsonSchema {
    return { $ref: `#/${this.#version === 2 ? "definitions" : "components/schemas"}/${name}` };
  }
}

/** `io.k8s.api.core.v1.Pod`, `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`. */
function schemaName({ name }: SchemaType): string {
  if (name.startsWith("meta.")) return `io.k8s.apimachinery.pkg.apis.${name}`;
  if (name.startsWith("apiextensions.")) return `io.k8s.apiextensions-apiserver.pkg.apis.${name}`;
  if (name === "resource.Quantity") return `io.k8s.apimachinery.pkg.api.${name}`;
  if (name === "intstr.IntOrString") return `io.k8s.apimachinery.pkg.util.${name}`;
  return `io.k8s.${name.startsWith("runtime.") ? "apimachinery.pkg" : "api"}.${name}`;
}

/** Types with a JSON form of their own. */
const ownSchemas = new Map<string, JsonSchema>([
  ["resource.Quantity", { oneOf: [{ type: "string" }, { type: "number" }] }],
  [
    "intstr.IntOrString",
    { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  ],
  ["meta.v1.Time", { type: "string", format: "date-time" }],
  ["meta.v1.MicroTime", { type: "string", format: "date-time" }],
  ["meta.v1.FieldsV1", { type: "object" }],
  ["runtime.RawExtension", { type: "object" }],
  ["apiextensions.v1.JSON", {}],
  ["apiextensions.v1.JSONSchemaPropsOrArray", {}],
  ["apiextensions.v1.JSONSchemaPropsOrBool", {}],
  ["apiextensions.v1.JSONSchemaPropsOrStringArray", {}],
]);

const scalars = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
} as const;

function zeroOf(field: SchemaField): unknown {
  if (field.kind === "string") return "";
  if (field.kind === "bool") return false;
  return field.kind === "bytes" ? undefined : 0;
}

function listExtensions(field: SchemaField): JsonSchema {
  const keys = field.listMapKeys.length > 0 && { "x-kubernetes-list-map-keys": field.listMapKeys };
  const listType = field.listType && { "x-kubernetes-list-type": field.listType };
  return { ...keys, ...listType, ...patchExtensions(field) };
}

function patchExtensions(field: SchemaField): JsonSchema {
  const key = field.patchMergeKey && { "x-kubernetes-patch-merge-key": field.patchMergeKey };
  const strategy = field.patchStrategies.length > 0 && {
    "x-kubernetes-patch-strategy": field.patchStrategies.join(","),
  };
  return { ...key, ...strategy };
}
