import { KubectlError } from "./kubectl-error.ts";

/**
 * A flag, by its long name. `optional` may stand without a value and then has `bareValue`; `list` may
 * be repeated and takes commas; `repeated` may be repeated and takes commas as they are.
 */
export interface FlagSpec {
  readonly type: "bool" | "string" | "int" | "list" | "repeated" | "optional";
  readonly short?: string;
  readonly bareValue?: string;
  readonly help: string;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

interface FlagValues {
  readonly bool: boolean;
  readonly string: string | undefined;
  readonly int: number | undefined;
  readonly list: readonly string[];
  readonly repeated: readonly string[];
  readonly optional: string | undefined;
}

export interface ParsedArgs<Specs extends FlagSpecs = FlagSpecs> {
  readonly flags: { readonly [Name in keyof Specs]: FlagValues[Specs[Name]["type"]] };
  /** The flags that were given, whatever their value. */
  readonly given: ReadonlySet<keyof Specs>;
  readonly positional: readonly string[];
  /** How many of the positional arguments stood before `--`; all of them without one. */
  readonly beforeDash: number;
}

/**
 * Reads a command line the way kubectl does: `--name=value`, `--name value`, `-n value`, `-nvalue`,
 * `-wA`, `--wait=false`, flags anywhere before `--`.
 *
 * @throws {FlagError} With pflag's texts.
 * @see spf13 `pflag/flag.go`: parseLongArg, parseSingleShortArg
 */
export function parseFlags<Specs extends FlagSpecs>(
  args: readonly string[],
  specs: Specs,
): ParsedArgs<Specs> {
  const byShort = new Map(Object.entries(specs).map(([name, { short }]) => [short, name]));
  const values = new Map<string, unknown>();
  const positional: string[] = [];
  let beforeDash: number | undefined;

  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (beforeDash !== undefined || arg === "-" || !arg.startsWith("-")) positional.push(arg);
    else if (arg === "--") beforeDash = positional.length;
    else if (arg.startsWith("--")) parseLong(arg);
    else parseShorts(arg);
  }
  return {
    flags: Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name, values.get(name) ?? defaults[spec.type]]),
    ) as ParsedArgs<Specs>["flags"],
    given: new Set(values.keys()),
    positional,
    beforeDash: beforeDash ?? positional.length,
  };

  function parseLong(arg: string): void {
    const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) throw new UnknownFlagError(`unknown flag: --${name}`);
    const bare = bareValueOf(spec);
    if (value !== undefined) set(name, spec, value);
    else if (bare !== undefined) set(name, spec, bare);
    else set(name, spec, nextValue(`--${name}`));
  }

  function parseShorts(arg: string): void {
    for (let rest = arg.slice(1); rest !== "";) {
      const short = rest.charAt(0);
      const name = byShort.get(short);
      const spec = name === undefined ? undefined : specs[name];
      if (name === undefined || spec === undefined) {
        throw new UnknownFlagError(`unknown shorthand flag: '${short}' in -${rest}`);
      }
      const bare = bareValueOf(spec);
      const tail = rest.slice(1);
      if (tail.startsWith("=")) set(name, spec, tail.slice(1));
      else if (bare !== undefined) {
        set(name, spec, bare);
        rest = tail;
        continue;
      } else set(name, spec, tail === "" ? nextValue(`'${short}' in -${rest}`) : tail);
      return;
    }
  }

  function nextValue(flag: string): string {
    const value = queue.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: ${flag}`);
    return value;
  }

  function set(name: string, spec: FlagSpec, text: string): void {
    const earlier = (values.get(name) as readonly string[] | undefined) ?? [];
    switch (spec.type) {
      case "bool":
        values.set(name, parseBool(name, spec, text));
        break;
      case "int":
        values.set(name, parseInteger(name, spec, text));
        break;
      case "list":
        values.set(name, [...earlier, ...text.split(",")]);
        break;
      case "repeated":
        values.set(name, [...earlier, text]);
        break;
      case "string":
      case "optional":
        values.set(name, text);
    }
  }
}

/** A command line that cannot be read. */
export class FlagError extends KubectlError {}

/** A flag that this kubectl does not have, though the real one may. */
export class UnknownFlagError extends FlagError {}

const defaults: FlagValues = {
  bool: false,
  string: undefined,
  int: undefined,
  list: [],
  repeated: [],
  optional: undefined,
};

function bareValueOf(spec: FlagSpec): string | undefined {
  return spec.type === "bool" ? "true" : spec.bareValue;
}

/** @see Go `strconv.ParseBool` */
function parseBool(name: string, spec: FlagSpec, text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw invalidArgument(name, spec, text, "ParseBool");
}

function parseInteger(name: string, spec: FlagSpec, text: string): number {
  if (!/^[-+]?\d{1,15}$/.test(text)) throw invalidArgument(name, spec, text, "ParseInt");
  return Number(text);
}

function invalidArgument(name: string, spec: FlagSpec, text: string, parser: string): FlagError {
  const flag = spec.short === undefined ? `--${name}` : `-${spec.short}, --${name}`;
  const quoted = JSON.stringify(text);
  const problem = `strconv.${parser}: parsing ${quoted}: invalid syntax`;
  return new FlagError(`invalid argument ${quoted} for "${flag}" flag: ${problem}`);
}
