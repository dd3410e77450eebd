import { describe, expect, test } from "vitest";
import type { ProcessPlan } from "../../../../workers/kubelet/images/process-plan.ts";
import { planShellCommand } from "../../../../workers/kubelet/images/shell.ts";

/** What a process that does nothing takes, µs. */
const shortestUs = 20_000;

/** `3 after 0.02 s`, `runs on`, `does not start`. */
function outcome(plan: ProcessPlan): string {
  if (plan.startError !== undefined) return "does not start";
  if (plan.exit === undefined) return "runs on";
  return `${plan.exit.code} after ${plan.exit.afterUs / 1_000_000} s`;
}

function ofCommand(...command: readonly string[]): string {
  return outcome(planShellCommand(command));
}

function ofScript(script: string): string {
  return ofCommand("sh", "-c", script);
}

describe("a command of a small Linux image", () => {
  test.each([
    [["sleep", "30"], "0 after 30 s"],
    [["sleep", "0.5"], "0 after 0.5 s"],
    [["sleep", "2m"], "0 after 120 s"],
    [["sleep", "1h", "30m"], "0 after 5400 s"],
    [["sleep", "1d"], "0 after 86400 s"],
    [["sleep", "infinity"], "runs on"],
    [["sleep"], "1 after 0.02 s"],
    [["sleep", "long"], "1 after 0.02 s"],
    [["true"], "0 after 0.02 s"],
    [["false"], "1 after 0.02 s"],
    [["/bin/false"], "1 after 0.02 s"],
    [["exit", "3"], "3 after 0.02 s"],
    [["exit", "256"], "0 after 0.02 s"],
    [["echo", "hello"], "0 after 0.02 s"],
    [["tail", "-f", "/dev/null"], "runs on"],
    [["sh"], "0 after 0.02 s"],
    [["/bin/sh"], "0 after 0.02 s"],
  ])("%j ends with %s", (command, expected) => {
    expect(ofCommand(...command)).toBe(expected);
  });

  test("that is not in the image cannot be started, and the error says which", () => {
    const { startError } = planShellCommand(["/usr/bin/nonesuch", "--flag"]);
    expect(startError).toContain('exec: "/usr/bin/nonesuch": executable file not found in $PATH');
  });

  test("ignores SIGTERM, being process 1", () => {
    expect(planShellCommand(["sleep", "3600"]).stop).toBeUndefined();
    expect(planShellCommand(["sh", "-c", "sleep 3600"]).stop).toBeUndefined();
  });

  test("listens on no port", () => {
    expect(planShellCommand(["sleep", "1"]).listensOn).toEqual([]);
  });
});

describe("a shell script", () => {
  test.each([
    ["exit 3", "3 after 0.02 s"],
    ["sleep 5; exit 7", "7 after 5 s"],
    ["sleep 1; sleep 2", "0 after 3 s"],
    ["true && exit 4", "4 after 0.02 s"],
    ["false && exit 4", "1 after 0.02 s"],
    ["false || exit 5", "5 after 0.02 s"],
    ["true || exit 5", "0 after 0.02 s"],
    ["false && exit 4 || exit 5", "5 after 0.02 s"],
    ["true || exit 4 && exit 5", "5 after 0.02 s"],
    ["exit 2; sleep 100", "2 after 0.02 s"],
    ["sleep 1\nfalse\n", "1 after 1 s"],
    ["false; true", "0 after 0.02 s"],
    ["false; exit", "1 after 0.02 s"],
    ["nonesuch", "127 after 0.02 s"],
    ["nonesuch || exit 6", "6 after 0.02 s"],
    ["nonesuch; sleep 4", "0 after 4 s"],
    ["exec sleep 9", "0 after 9 s"],
    ["sleep infinity; exit 1", "runs on"],
    ["while true; do echo tick; sleep 1; done", "runs on"],
    ["i=0; while :; do sleep 1; done", "runs on"],
    ["until false; do sleep 1; done; exit 3", "runs on"],
    ["echo 'not; exit 9 || over' && exit 3", "3 after 0.02 s"],
    ['echo "one && two" ; exit 4', "4 after 0.02 s"],
    ["sleep '3'", "0 after 3 s"],
    ["true&&exit 4", "4 after 0.02 s"],
    ["false||exit 5;exit 6", "5 after 0.02 s"],
    ["echo '&&' && exit 3", "3 after 0.02 s"],
    ["echo a | cat; exit 2", "2 after 0.02 s"],
    ["", "0 after 0.02 s"],
    ["  ;; ", "0 after 0.02 s"],
  ])("%j ends with %s", (script, expected) => {
    expect(ofScript(script)).toBe(expected);
  });

  test.each(["sh", "/bin/sh", "ash", "bash"])("is read by %s", (shell) => {
    expect(ofCommand(shell, "-c", "exit 3")).toBe("3 after 0.02 s");
  });

  test("is found behind flags joined to -c", () => {
    expect(ofCommand("sh", "-ec", "exit 3")).toBe("3 after 0.02 s");
    expect(ofCommand("sh", "-x", "-c", "exit 3")).toBe("3 after 0.02 s");
  });

  test("takes at least as long as a process does", () => {
    expect(planShellCommand(["sh", "-c", "true"]).exit?.afterUs).toBe(shortestUs);
  });
});
