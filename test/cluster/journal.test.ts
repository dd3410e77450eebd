import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../src/cluster/cluster-options.ts";
import {
  type JournalEntry,
  JournalError,
  journalVersion,
  parseJournal,
  recordedRequest,
} from "../../src/cluster/journal.ts";
import type { HttpRequest } from "../../src/control-plane/apiserver/http/exchange.ts";

const options = resolveOptions({ nodes: 2, threads: 1, startUs: 1_000 });
const head: JournalEntry = { journal: journalVersion, podrace: "0.1.0", options };
const end = { traceHash: "00ff", objectsHash: "ff00", facts: 7, revision: 9 };
const checkpoint = { facts: 1, revision: 9, hash: "00ff" };
const fact = { atUs: 1_100, actor: "api-1", kind: "stored", subject: "pods/a/b", data: {} };
const user = { username: "me", groups: ["system:authenticated"] };
const request = { method: "GET", url: "/version", headers: { accept: "*/*" } };

function aRequest(changes: Partial<HttpRequest> = {}): HttpRequest {
  return { ...request, body: Buffer.alloc(0), user, ...changes };
}

function lines(...entries: readonly (JournalEntry | object | string)[]): string {
  return entries
    .map((entry) => `${typeof entry === "string" ? entry : JSON.stringify(entry)}\n`)
    .join("");
}

/** What parsing this text is refused with. */
function refusal(text: string): string {
  try {
    parseJournal(text);
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    return (error as JournalError).message;
  }
  return "nothing";
}

describe("a journal", () => {
  test("says what the cluster was, what came in and when, and what came of it", () => {
    const text = lines(
      head,
      { at: 1_000, request },
      { at: 1_000, request: { ...request, body: "e30=", user } },
      { at: 1_500, gone: 1 },
      { at: 2_000, end },
    );

    expect(parseJournal(text)).toEqual({
      podrace: "0.1.0",
      options,
      inputs: [
        { atUs: 1_000, request: aRequest({ user: undefined }) },
        { atUs: 1_000, request: aRequest({ body: Buffer.from("{}") }) },
        { atUs: 1_500, gone: 1 },
      ],
      checkpoints: [],
      facts: [],
      end: { atUs: 2_000, ...end },
    });
  });

  test("says what the run had come to on the way, be it before what came in meanwhile", () => {
    const text = lines(
      head,
      { at: 1_500, request },
      { at: 1_200, facts: [fact] },
      { at: 1_200, checkpoint },
      { at: 1_600, gone: 0 },
      { at: 1_600, facts: [{ ...fact, atUs: 1_300 }] },
      { at: 1_600, checkpoint: { ...checkpoint, facts: 2 } },
      { at: 2_000, end },
    );

    expect(parseJournal(text)).toMatchObject({
      checkpoints: [
        { atUs: 1_200, ...checkpoint },
        { atUs: 1_600, ...checkpoint, facts: 2 },
      ],
      facts: [fact, { ...fact, atUs: 1_300 }],
      inputs: [{ atUs: 1_500 }, { atUs: 1_600 }],
    });
  });

  test("may be of a session in which nothing happened, or that has no end", () => {
    expect(parseJournal(lines(head))).toMatchObject({ inputs: [], end: undefined });
    expect(parseJournal(lines(head, { at: 1_000, end }))).toMatchObject({ inputs: [] });
  });

  test("is read as it was written, whatever is in a request", () => {
    const text = fc.string({ unit: "grapheme-composite", maxLength: 20 });
    const requests = fc.array(
      fc.record({
        method: fc.constantFrom("GET", "POST", "PATCH", "DELETE"),
        url: text.map((path) => `/${path}`),
        headers: fc.dictionary(fc.constantFrom("accept", "x-a", "user-agent"), text, {
          noNullPrototype: true,
        }),
        body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        user: fc.option(fc.record({ username: text, groups: fc.array(text, { maxLength: 3 }) }), {
          nil: undefined,
        }),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(requests, (sent) => {
        const entries = sent.map((each, index) => ({
          at: 1_000 + index,
          request: recordedRequest(each),
        }));
        const { inputs } = parseJournal(lines(head, ...entries));

        expect(inputs).toEqual(sent.map((each, index) => ({ atUs: 1_000 + index, request: each })));
      }),
    );
  });

  test("whose last line was cut off anywhere is the one without that line", () => {
    const whole = lines(head, { at: 1_000, request }, { at: 1_200, request }, { at: 2_000, end });
    const lastLine = whole.lastIndexOf("\n", whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length++) {
      const { inputs, end: found } = parseJournal(whole.slice(0, length));
      expect([inputs.length, found]).toEqual([2, undefined]);
    }
    expect(parseJournal(whole).end).toEqual({ atUs: 2_000, ...end });
  });
});

describe("a journal is refused, by the number of the line and what was expected there:", () => {
  const atLine1 = "line 1: expected the head of a podrace journal";

  test.each([
    ["nothing at all", "", `${atLine1}, not nothing`],
    ["a head that is cut off", JSON.stringify(head), `${atLine1}, not a line that is cut off`],
    ["no head", lines({ at: 1, request }), `${atLine1}, not something else`],
    ["another file", "apiVersion: v1\nkind: Pod\n", "line 1: expected JSON"],
    ["a list", lines("[]"), `${atLine1}, not something else`],
    ["null", lines("null"), `${atLine1}, not something else`],
    [
      "a later version",
      lines({ ...head, journal: 3 }),
      "line 1: journal version 3; this podrace reads 2",
    ],
    [
      "an earlier version",
      lines({ ...head, journal: 1 }),
      "line 1: journal version 1; this podrace reads 2",
    ],
    [
      "a version that is none",
      lines({ ...head, journal: "1" }),
      'line 1: journal version "1"; this podrace reads 2',
    ],
    [
      "a head without options",
      lines({ journal: 2, podrace: "0.1.0" }),
      `${atLine1}, with its podrace and options`,
    ],
    [
      "a head without a start",
      lines({ ...head, options: { nodes: 1 } }),
      `${atLine1}, with its podrace and options`,
    ],
  ])("%s", (_what, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  const anEntry = "expected a request, a gone, facts, a checkpoint or an end, each with a time";

  test.each<readonly [string, object | string, string]>([
    ["no JSON", "{", "expected JSON"],
    ["an empty line", "", "expected JSON"],
    ["a second head", head, anEntry],
    ["something else", { at: 2_000, response: {} }, anEntry],
    ["a list", [], anEntry],
    ["no time", { request }, anEntry],
    ["a time that is none", { at: "now", request }, anEntry],
    ["half a µs", { at: 2_000.5, request }, anEntry],
    [
      "a time before the one before",
      { at: 1_499, request },
      "expected no time before 1500, the one before it",
    ],
    ["a request that is none", { at: 2_000, request: null }, anEntry],
    [
      "a request without a method",
      { at: 2_000, request: { ...request, method: undefined } },
      anEntry,
    ],
    ["a request without a URL", { at: 2_000, request: { ...request, url: 5 } }, anEntry],
    ["a request without headers", { at: 2_000, request: { ...request, headers: null } }, anEntry],
    [
      "a header that is no text",
      { at: 2_000, request: { ...request, headers: { a: 1 } } },
      anEntry,
    ],
    ["a body that is no text", { at: 2_000, request: { ...request, body: {} } }, anEntry],
    [
      "a user that is none",
      { at: 2_000, request: { ...request, user: { username: "me" } } },
      anEntry,
    ],
    [
      "a request that does not exist going",
      { at: 2_000, gone: 2 },
      "expected one of the 2 requests before it",
    ],
    ["nothing going", { at: 2_000, gone: -1 }, anEntry],
    ["an end without a hash", { at: 2_000, end: { ...end, traceHash: undefined } }, anEntry],
    ["an end without objects", { at: 2_000, end: { ...end, objectsHash: 1 } }, anEntry],
    ["an end without counts", { at: 2_000, end: { ...end, facts: "7" } }, anEntry],
  ])("%s", (_what, line, expected) => {
    const before = lines(head, { at: 1_000, request }, { at: 1_500, request });

    expect(refusal(before + lines(line))).toBe(`line 4: ${expected}`);
    expect(refusal(before + lines(line, { at: 3_000, end }))).toBe(`line 4: ${expected}`);
  });

  test.each<readonly [string, object, string]>([
    ["a checkpoint without a hash", { at: 2_000, checkpoint: { facts: 1, revision: 2 } }, anEntry],
    ["half a fact", { at: 2_000, checkpoint: { ...checkpoint, facts: 0.5 } }, anEntry],
    ["facts that are none", { at: 2_000, facts: { ...fact } }, anEntry],
    ["a fact without an actor", { at: 2_000, facts: [{ ...fact, actor: 7 }] }, anEntry],
    ["a fact without data", { at: 2_000, facts: [{ ...fact, data: null }] }, anEntry],
    [
      "a checkpoint before the one before",
      { at: 1_199, checkpoint },
      "expected no time before 1200, the checkpoint before it",
    ],
    [
      "facts before the checkpoint before",
      { at: 1_199, facts: [fact] },
      "expected no time before 1200, the checkpoint before it",
    ],
  ])("%s", (_what, line, expected) => {
    const before = lines(head, { at: 1_000, request }, { at: 1_200, checkpoint });

    expect(refusal(before + lines(line))).toBe(`line 4: ${expected}`);
  });

  test("an input before the cluster began", () => {
    expect(refusal(lines(head, { at: 999, request }))).toBe(
      "line 2: expected no time before 1000, the one before it",
    );
  });

  test.each([
    ["an input", { at: 2_000, request }],
    ["a checkpoint", { at: 2_000, checkpoint }],
    ["another end", { at: 2_000, end }],
  ])("%s after the end", (_what, entry) => {
    expect(refusal(lines(head, { at: 2_000, end }, entry))).toBe(
      "line 3: expected nothing after the end",
    );
  });
});

describe("what is written down of a request", () => {
  test("is all that decides what comes of it", () => {
    expect(recordedRequest(aRequest({ body: Buffer.from([0, 255, 10]) }))).toEqual({
      ...request,
      body: "AP8K",
      user,
    });
  });

  test("has no body or user where there is none", () => {
    expect(recordedRequest(aRequest({ user: undefined }))).toEqual(request);
  });

  test("has no token: who asks is known by then", () => {
    const headers = { authorization: "Bearer secret", accept: "*/*" };

    expect(JSON.stringify(recordedRequest(aRequest({ headers })))).not.toContain("secret");
    expect(recordedRequest(aRequest({ headers })).headers).toEqual({ accept: "*/*" });
  });
});
