import { describe, expect, test } from "vitest";
import { isApiError } from "../../src/api/errors.ts";
import {
  type FieldRequirement,
  type LabelRequirement,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from "../../src/api/selectors.ts";
import { vectors } from "./vectors.ts";

interface SelectorVector {
  readonly text: string;
  readonly parsed?: string;
  readonly error?: string;
}

describe("a label selector", () => {
  const recorded = vectors<SelectorVector>("label-selectors");

  test.each(recorded.filter(({ error }) => error === undefined))(
    "'$text' is understood as upstream understands it",
    ({ text, parsed }) => {
      expect(parseLabelSelector(text).map(printedLabel).join(",")).toBe(parsed);
    },
  );

  test.each(recorded.filter(({ error }) => error !== undefined))(
    "'$text' is a bad request with upstream's words",
    ({ text, error }) => {
      expect(refusal(() => parseLabelSelector(text))).toBe(error);
    },
  );

  test.each([
    ["", {}, true],
    ["app=web", { app: "web" }, true],
    ["app=web", { app: "db" }, false],
    ["app=web", undefined, false],
    ["app!=web", undefined, true],
    ["app!=web", { app: "web" }, false],
    ["app in (web,db)", { app: "db" }, true],
    ["app notin (web,db)", { app: "cache" }, true],
    ["app notin (web,db)", {}, true],
    ["app", { app: "" }, true],
    ["!app", { app: "" }, false],
    ["app=web,tier=front", { app: "web" }, false],
    ["weight>3", { weight: "4" }, true],
    ["weight<3", { weight: "3" }, false],
    ["weight>3", { weight: "heavy" }, false],
    ["weight>3", {}, false],
    ["toString", {}, false],
  ])("'%s' against %j is %j", (text, labels, matched) => {
    expect(matchesLabels(parseLabelSelector(text), labels)).toBe(matched);
  });
});

describe("a field selector", () => {
  const recorded = vectors<SelectorVector>("field-selectors");

  test.each(recorded.filter(({ error }) => error === undefined))(
    "'$text' is understood as upstream understands it",
    ({ text, parsed }) => {
      expect(parseFieldSelector(text).map(printedField).join(",")).toBe(parsed);
    },
  );

  test.each(recorded.filter(({ error }) => error !== undefined))(
    "'$text' is a bad request with upstream's words",
    ({ text, error }) => {
      expect(refusal(() => parseFieldSelector(text))).toBe(error);
    },
  );
});

function printedLabel({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values.join()}`;
    case "lt":
      return `${key}<${values.join()}`;
    default:
      return `${key}${operator}${values.join()}`;
  }
}

function printedField({ field, operator, value }: FieldRequirement): string {
  return `${field}${operator}${value.replace(/[\\,=]/g, "\\$&")}`;
}

function refusal(parse: () => unknown): string | undefined {
  try {
    parse();
  } catch (error) {
    if (isApiError(error, "BadRequest")) return error.message;
    throw error;
  }
  return undefined;
}
