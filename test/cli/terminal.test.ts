import { describe, expect, test } from "vitest";
import { createTerminal, type OutputStream, type TerminalOptions } from "../../src/cli/terminal.ts";

describe("a terminal", () => {
  test("writes results to stdout and everything about them to stderr", () => {
    const { terminal, stdout, stderr } = aTerminal();

    terminal.result("NAME\n");
    terminal.progress("starting");
    terminal.warning("careful");

    expect(stdout.text).toBe("NAME\n");
    expect(stderr.text).toBe("starting\ncareful\n");
  });

  test("keeps results and warnings when quiet", () => {
    const { terminal, stdout, stderr } = aTerminal({ quiet: true });

    terminal.result("NAME\n");
    terminal.progress("starting");
    terminal.warning("careful");

    expect(stdout.text).toBe("NAME\n");
    expect(stderr.text).toBe("careful\n");
  });

  test("colours each stream by what that stream is", () => {
    const { terminal } = aTerminal({ stderr: aStream({ isTTY: true }) });

    expect(terminal.style("green", "ok")).toBe("ok");
    expect(terminal.progressStyle("green", "ok")).toBe("\u001b[32mok\u001b[39m");
  });

  test.each([
    ["NO_COLOR on a terminal", { NO_COLOR: "1" }, true, false],
    ["an empty NO_COLOR on a terminal", { NO_COLOR: "" }, true, true],
    ["a dumb terminal", { TERM: "dumb" }, true, false],
    ["FORCE_COLOR in a pipe", { FORCE_COLOR: "1" }, false, true],
    ["FORCE_COLOR over NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, true, true],
    ["FORCE_COLOR=0 on a terminal", { FORCE_COLOR: "0" }, true, false],
  ])("with %s decides on colour as asked", (_name, env, isTTY, coloured) => {
    const { terminal } = aTerminal({ env, stdout: aStream({ isTTY }) });

    expect(terminal.style("red", "x") !== "x").toBe(coloured);
  });

  test.each([
    ["a terminal", true, {}, false, true],
    ["a pipe", false, {}, false, false],
    ["a terminal in CI", true, { CI: "true" }, false, false],
    ["a terminal, but quiet", true, {}, true, false],
  ])("on %s animates only when someone can see it", (_name, isTTY, env, quiet, animated) => {
    const { terminal } = aTerminal({ stderr: aStream({ isTTY }), env, quiet });

    expect(terminal.animated).toBe(animated);
  });

  test("stops writing, once and quietly, when the reader of its results leaves", () => {
    let told = 0;
    const { terminal, stdout } = aTerminal({ onReaderGone: () => told++ });

    terminal.result("first\n");
    stdout.fail("EPIPE");
    stdout.fail("EPIPE");
    terminal.result("second\n");

    expect(stdout.text).toBe("first\n");
    expect(told).toBe(1);
  });

  test("does not hide a disk that is full", () => {
    const { stdout } = aTerminal();

    expect(() => stdout.fail("ENOSPC")).toThrow("ENOSPC");
  });
});

interface RecordedStream extends OutputStream {
  text: string;
  fail(code: string): void;
}

function aStream({ isTTY = false } = {}): RecordedStream {
  let onError: (error: NodeJS.ErrnoException) => void = () => {};
  return {
    isTTY,
    text: "",
    write(text) {
      this.text += text;
      return true;
    },
    on(_event, listener) {
      onError = listener;
    },
    fail: (code) => onError(Object.assign(new Error(code), { code })),
  };
}

function aTerminal(options: Partial<TerminalOptions> = {}) {
  const stdout = aStream();
  const stderr = aStream();
  return { terminal: createTerminal({ stdout, stderr, env: {}, ...options }), stdout, stderr };
}
