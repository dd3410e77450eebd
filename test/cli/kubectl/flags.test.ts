import { describe, expect, test } from "vitest";
import { parseFlags } from "../../../src/cli/kubectl/flags.ts";

const specs = {
  namespace: { type: "string", short: "n", help: "" },
  watch: { type: "bool", short: "w", help: "" },
  "all-namespaces": { type: "bool", short: "A", help: "" },
  filename: { type: "list", short: "f", help: "" },
  env: { type: "repeated", help: "" },
  "grace-period": { type: "int", help: "" },
  "dry-run": { type: "optional", bareValue: "unchanged", help: "" },
} as const;

const parse = (line: string) => parseFlags(line.split(" "), specs);

describe("a command line", () => {
  test.each([
    "--namespace=dev",
    "--namespace dev",
    "-n dev",
    "-ndev",
    "-n=dev",
    "pods -wAn dev web",
    "-wAndev",
  ])("may give a value as %s", (line) => {
    expect(parse(line).flags.namespace).toBe("dev");
  });

  test("may have its flags anywhere before --", () => {
    const { beforeDash, flags, positional } = parse("run -w web --env A=1,2 --env B -- -n dev");

    expect(positional).toEqual(["run", "web", "-n", "dev"]);
    expect(beforeDash).toBe(2);
    expect(flags).toMatchObject({ watch: true, namespace: undefined, env: ["A=1,2", "B"] });
  });

  test("tells what was given from what is so by default", () => {
    const { flags, given } = parse("--watch=false --grace-period=0");

    expect(flags).toMatchObject({ watch: false, "all-namespaces": false, "grace-period": 0 });
    expect([...given]).toEqual(["watch", "grace-period"]);
  });

  test("splits lists at commas, and takes - for a value", () => {
    expect(parse("-f a,b -f -").flags.filename).toEqual(["a", "b", "-"]);
  });

  test("may have a flag whose value is optional, and then only after =", () => {
    expect(parse("--dry-run server")).toMatchObject({
      flags: { "dry-run": "unchanged" },
      positional: ["server"],
    });
    expect(parse("--dry-run=server").flags["dry-run"]).toBe("server");
  });

  test.each([
    ["--bogus", "unknown flag: --bogus"],
    ["--toString=x", "unknown flag: --toString"],
    ["-z", "unknown shorthand flag: 'z' in -z"],
    ["-wz", "unknown shorthand flag: 'z' in -z"],
    ["--namespace", "flag needs an argument: --namespace"],
    ["-n", "flag needs an argument: 'n' in -n"],
    [
      "-w=maybe",
      'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      "--grace-period=soon",
      'invalid argument "soon" for "--grace-period" flag: strconv.ParseInt: parsing "soon": invalid syntax',
    ],
  ])("that says %s is refused in kubectl's words", (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});
