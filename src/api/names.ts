/**
 * Whether names, labels and keys are well-formed: the problems in upstream's words, none when fine.
 *
 * The words are part of the API: they reach users in `metadata.name: Invalid value: …`.
 *
 * @see kubernetes `apimachinery/pkg/util/validation/validation.go`,
 *   `apimachinery/pkg/api/validate/content/kube.go`
 */
export function dns1123Subdomain(value: string): string[] {
  return [
    ...(byteLength(value) > 253 ? [maxLength(253)] : []),
    ...(subdomain.test(value) ? [] : [mustMatch(subdomainRule, subdomainFormat, "example.com")]),
  ];
}

/** Names of pods' containers and volumes, of namespaces, and of most things that end up in DNS. */
export function dns1123Label(value: string): string[] {
  const problems = byteLength(value) > 63 ? [maxLength(63)] : [];
  if (label.test(value)) return problems;
  // A subdomain of fitting length that is not a label can only have dots too many.
  const problem = subdomain.test(value)
    ? "must not contain dots"
    : mustMatch(labelRule, labelFormat, "my-name", "123-abc");
  return [...problems, problem];
}

export function labelValue(value: string): string[] {
  return [
    ...(byteLength(value) > 63 ? [maxBytes(63)] : []),
    ...(labelValuePattern.test(value)
      ? []
      : [mustMatch(labelValueRule, labelValueFormat, "MyValue", "my_value", "12345")]),
  ];
}

/** Keys of labels, annotations and taints, names of resources: `name` or `example.com/name`. */
export function qualifiedName(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${mustMatch(keyRule, keyFormat, ...keyExamples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? (parts[0] ?? "") : undefined;
  return [
    ...(prefix === undefined ? [] : prefixProblems(prefix)),
    ...(name === "" ? ["name part must be non-empty"] : []),
    ...(byteLength(name) > 63 ? [`name part ${maxBytes(63)}`] : []),
    ...(key.test(name) ? [] : [`name part ${mustMatch(keyRule, keyFormat, ...keyExamples)}`]),
  ];
}

/** Keys of ConfigMaps and Secrets, which become file names. */
export function configMapKey(value: string): string[] {
  return [
    ...(byteLength(value) > 253 ? [maxLength(253)] : []),
    ...(dataKey.test(value)
      ? []
      : [mustMatch(dataKeyRule, dataKeyFormat, "key.name", "KEY_NAME", "key-name")]),
    ...parentDirectory(value),
  ];
}

/** Environment variable names: any printable ASCII but `=`. */
export function envVarName(value: string): string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ];
}

/** Names of container and service ports, and named target ports. */
export function portName(value: string): string[] {
  return [
    ...(byteLength(value) > 15 ? [maxLength(15)] : []),
    ...(/^[-a-z0-9]+$/.test(value)
      ? []
      : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
    ...(/[a-z]/.test(value) ? [] : ["must contain at least one letter (a-z)"]),
    ...(value.includes("--") ? ["must not contain consecutive hyphens"] : []),
    ...(/^-|-$/.test(value) ? ["must not begin or end with a hyphen"] : []),
  ];
}

/** Port numbers. */
export function portNumber(value: number): string[] {
  return value >= 1 && value <= 65535 ? [] : [between(1, 65535)];
}

export function between(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** Length in UTF-8, which is how upstream counts. */
export function byteLength(value: string): number {
  let bytes = value.length;
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index);
    // A surrogate pair is two units and four bytes; other units beyond U+07FF are three bytes.
    if (unit >= 0xd800 && unit <= 0xdfff) bytes += 1;
    else if (unit > 0x7ff) bytes += 2;
    else if (unit > 0x7f) bytes += 1;
  }
  return bytes;
}

const labelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const label = new RegExp(`^${labelFormat}$`);

const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const subdomain = new RegExp(`^${subdomainFormat}$`);

const keyFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const keyRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const keyExamples = ["MyName", "my.name", "123-abc"];
const key = new RegExp(`^${keyFormat}$`);

const labelValueFormat = `(${keyFormat})?`;
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValuePattern = new RegExp(`^${labelValueFormat}$`);

const dataKeyFormat = "[-._a-zA-Z0-9]+";
const dataKeyRule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
const dataKey = new RegExp(`^${dataKeyFormat}$`);

function prefixProblems(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  return [
    ...(byteLength(prefix) > 253 ? [`prefix part ${maxBytes(253)}`] : []),
    ...(subdomain.test(prefix)
      ? []
      : [`prefix part ${mustMatch(subdomainRule, subdomainFormat, "example.com")}`]),
  ];
}

function parentDirectory(value: string): string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

function mustMatch(rule: string, format: string, ...examples: readonly string[]): string {
  const quoted = examples.map((example) => `'${example}', `).join(" or ");
  return `${rule} (e.g. ${quoted}regex used for validation is '${format}')`;
}

function maxLength(count: number): string {
  return `must be no more than ${count} characters`;
}

/** Upstream counts bytes in both; its newer code also says so. */
function maxBytes(count: number): string {
  return `must be no more than ${count} bytes`;
}
