import { table } from "./table.generated.ts";

/** What a field holds on the wire. Everything but `message` is a scalar. */
export type FieldKind = "string" | "bool" | "int32" | "int64" | "double" | "bytes" | "message";

/**
 * How a type looks in JSON. Most are plain structs; the others have an encoding of their own in Go
 * (`UnmarshalJSON`), which the decoders treat case by case.
 */
export type TypeForm =
  | "struct"
  | "quantity"
  | "intOrString"
  | "time"
  | "microTime"
  | "strings"
  | "anyJson"
  | "schemaOrOther";

/**
 * The type that an object of this `apiVersion` and `kind` has, or undefined for kinds unknown to
 * Kubernetes 1.36. Option kinds (`DeleteOptions`, …) exist in every group version, as upstream.
 */
export function typeOf(apiVersion: string, kind: string): SchemaType | undefined {
  const key = `${apiVersion} ${kind}`;
  const known = typesByKind.get(key);
  if (known !== undefined) return known;
  const packageName = packageOf(apiVersion);
  if (packageName === undefined) return undefined;
  const isInMeta = apiVersion === "v1" || kind.endsWith("Options");
  const type = kindIn(packageName, kind) ?? (isInMeta ? kindIn("meta.v1", kind) : undefined);
  if (type !== undefined) typesByKind.set(key, type);
  return type;
}

/** The type with this short name: `core.v1.PodSpec`, `meta.v1.ObjectMeta`, `resource.Quantity`. */
export function typeNamed(name: string): SchemaType | undefined {
  const known = typesByName.get(name);
  if (known !== undefined) return known;
  if (!/^[\w.]+$/.test(name)) return undefined;
  const lineStart = table.indexOf(`\n${name} `) + 1;
  if (lineStart === 0) return undefined;
  const fieldsStart = table.indexOf("[", lineStart);
  const flags = table.slice(lineStart + name.length + 1, fieldsStart);
  const tuples = table.slice(fieldsStart, table.indexOf("\n", fieldsStart));
  const type = new SchemaType(name, flags, JSON.parse(tuples) as FieldTuple[]);
  typesByName.set(name, type);
  return type;
}

/** A type of the API. Lines of the table are read when first asked for, as importing must be quick. */
export class SchemaType {
  /** Short name, unique: `core.v1.Pod`. */
  readonly name: string;
  readonly form: TypeForm;
  /** Whether it carries `kind` and `apiVersion`. */
  readonly isKind: boolean;
  /** `+structType=atomic`: owned and replaced as a whole by server-side apply. */
  readonly isAtomic: boolean;
  readonly #tuples: readonly FieldTuple[];
  #fields: readonly SchemaField[] | undefined;
  #indexes: ReadonlyMap<string, number> | undefined;
  #byNumber: ReadonlyMap<number, SchemaField> | undefined;

  constructor(name: string, flags: string, tuples: readonly FieldTuple[]) {
    this.name = name;
    this.form = ownForms.get(name) ?? "struct";
    this.isKind = flags.includes("k");
    this.isAtomic = flags.includes("a");
    this.#tuples = tuples;
  }

  /** As Go's messages call it: `v1.Pod`. */
  get goName(): string {
    return goNameOf(this.name);
  }

  /** As JSON has them, in Go's struct order: `kind`, `apiVersion`, embedded structs flattened. */
  get fields(): readonly SchemaField[] {
    this.#fields ??= [...(this.isKind ? typeMeta : []), ...this.#flattened([])];
    return this.#fields;
  }

  field(name: string): SchemaField | undefined {
    return this.fields[this.indexOf(name)];
  }

  /** Position of the field in `fields`, or -1. */
  indexOf(name: string): number {
    this.#indexes ??= new Map(this.fields.map((field, index) => [field.name, index]));
    return this.#indexes.get(name) ?? -1;
  }

  /** By protobuf field number; here an embedded struct is one field. */
  fieldNumbered(number: number): SchemaField | undefined {
    this.#byNumber ??= new Map(this.#tuples.map((tuple) => [tuple[1], new SchemaField(tuple, [])]));
    return this.#byNumber.get(number);
  }

  #flattened(embeddedIn: readonly string[]): readonly SchemaField[] {
    return this.#tuples.flatMap((tuple) => {
      const field = new SchemaField(tuple, embeddedIn);
      if (!field.isEmbedded) return field;
      return field.type.#flattened([...embeddedIn, field.type.goName.replace(/.*\./, "")]);
    });
  }
}

/** A field of a type, with the facts of its Go struct tags and comment markers. */
export class SchemaField {
  readonly name: string;
  readonly number: number;
  readonly kind: FieldKind;
  readonly isList: boolean;
  readonly isMap: boolean;
  readonly isPointer: boolean;
  /** `omitempty` and `omitzero` of the JSON tag. */
  readonly omitsEmpty: boolean;
  readonly omitsZero: boolean;
  readonly isEmbedded: boolean;
  /** Neither optional nor left out when empty. */
  readonly isRequired: boolean;
  /** Go names of the embedded structs that lead to the field: Go's messages put them in its path. */
  readonly embeddedIn: readonly string[];
  readonly #typeName: string;
  readonly #rest: FieldRest;
  #type: SchemaType | undefined;

  constructor(tuple: FieldTuple, embeddedIn: readonly string[]) {
    const [name, number, type, flags, rest = {}] = tuple;
    this.name = name;
    this.number = number;
    this.kind = type.includes(".") ? "message" : (type as FieldKind);
    this.isList = flags.includes("l");
    this.isMap = flags.includes("m");
    this.isPointer = flags.includes("p");
    this.omitsEmpty = flags.includes("o");
    this.omitsZero = flags.includes("z");
    this.isEmbedded = flags.includes("i");
    this.isRequired = flags.includes("r");
    this.embeddedIn = embeddedIn;
    this.#typeName = type;
    this.#rest = rest;
  }

  /** The type of a message, or of each of its elements. */
  get type(): SchemaType {
    this.#type ??= typeNamed(this.#typeName);
    if (this.#type === undefined) throw new Error(`${this.name} is a ${this.kind}, not a message`);
    return this.#type;
  }

  get enumValues(): readonly string[] | undefined {
    return this.#rest.enum;
  }

  /** Declared with `+default`; most defaults of Kubernetes are code and not in the schema. */
  get defaultValue(): unknown {
    return this.#rest.default;
  }

  /** Of `merge`, `replace` and `retainKeys`; none means replace for lists and merge for the rest. */
  get patchStrategies(): readonly string[] {
    return this.#rest.patchStrategy?.split(",") ?? [];
  }

  get patchMergeKey(): string | undefined {
    return this.#rest.patchMergeKey;
  }

  get listType(): "atomic" | "map" | "set" | undefined {
    return this.#rest.listType;
  }

  get listMapKeys(): readonly string[] {
    return this.#rest.listMapKeys ?? [];
  }

  get mapType(): "atomic" | undefined {
    return this.#rest.mapType;
  }

  /** As Go's messages call the type, pointers left out: `[]v1.Container`, `map[string]string`. */
  get goType(): string {
    const prefix = this.isList ? "[]" : this.isMap ? "map[string]" : "";
    return this.#rest.go ?? `${prefix}${this.#wireGoType}`;
  }

  /** The same of an element, where the field is a list or map. */
  get goElementType(): string {
    const { goType } = this;
    if (!this.isList && !this.isMap) return goType;
    // An alias such as v1.ResourceList hides its element type, which is then the wire's.
    return /^(?:\[\]|map\[[^\]]*\])(.+)$/.exec(goType)?.[1] ?? this.#wireGoType;
  }

  get #wireGoType(): string {
    return goScalars.get(this.#typeName) ?? goNameOf(this.#typeName);
  }
}

/** A field's line in the table; generate.mjs writes it, and the letters of the flags with it. */
type FieldTuple = readonly [
  name: string,
  number: number,
  type: string,
  flags: string,
  rest?: FieldRest,
];

interface FieldRest {
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: "atomic" | "map" | "set";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic";
  readonly go?: string;
}

const typesByName = new Map<string, SchemaType>();
const typesByKind = new Map<string, SchemaType>();

const ownForms = new Map<string, TypeForm>([
  ["resource.Quantity", "quantity"],
  ["intstr.IntOrString", "intOrString"],
  ["meta.v1.Time", "time"],
  ["meta.v1.MicroTime", "microTime"],
  ["meta.v1.Verbs", "strings"],
  ["authentication.v1.ExtraValue", "strings"],
  ["authorization.v1.ExtraValue", "strings"],
  ["certificates.v1.ExtraValue", "strings"],
  ["meta.v1.FieldsV1", "anyJson"],
  ["runtime.RawExtension", "anyJson"],
  ["apiextensions.v1.JSON", "anyJson"],
  ["apiextensions.v1.JSONSchemaPropsOrArray", "schemaOrOther"],
  ["apiextensions.v1.JSONSchemaPropsOrBool", "schemaOrOther"],
  ["apiextensions.v1.JSONSchemaPropsOrStringArray", "schemaOrOther"],
]);

const goScalars = new Map([
  ["string", "string"],
  ["bool", "bool"],
  ["int32", "int32"],
  ["int64", "int64"],
  ["double", "float64"],
  ["bytes", "[]uint8"],
]);

/** The groups that are not called `<package>.k8s.io`. */
const groupsWithOwnSuffix = new Map([
  ["apps", "apps"],
  ["autoscaling", "autoscaling"],
  ["batch", "batch"],
  ["policy", "policy"],
  ["flowcontrol", "flowcontrol.apiserver.k8s.io"],
  ["rbac", "rbac.authorization.k8s.io"],
]);

/** `metav1.TypeMeta`, which every kind embeds and no protobuf message has. */
const typeMeta = [
  new SchemaField(["kind", 0, "string", "o"], ["TypeMeta"]),
  new SchemaField(["apiVersion", 0, "string", "o"], ["TypeMeta"]),
];

/** `core.v1.Pod` → `v1.Pod`, `resource.Quantity` → `resource.Quantity`. */
function goNameOf(name: string): string {
  return name.split(".").slice(-2).join(".");
}

/** `v1` → `core.v1`, `rbac.authorization.k8s.io/v1` → `rbac.v1`. */
function packageOf(apiVersion: string): string | undefined {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return `core.${apiVersion}`;
  const group = apiVersion.slice(0, slash);
  const [name = ""] = group.split(".", 1);
  if (group !== (groupsWithOwnSuffix.get(name) ?? `${name}.k8s.io`)) return undefined;
  return `${name}.${apiVersion.slice(slash + 1)}`;
}

function kindIn(packageName: string, kind: string): SchemaType | undefined {
  const type = typeNamed(`${packageName}.${kind}`);
  return type?.isKind === true ? type : undefined;
}
