import { badRequest } from "./errors.ts";
import { splitFieldTerms, unescapeFieldValue } from "./field-terms.ts";
import {
  isLabelInteger,
  LabelTokenReader,
  type LabelRequirement,
  parseLabelRequirement,
} from "./label-requirement.ts";
import { labelTokens } from "./label-tokens.ts";

export type { LabelRequirement } from "./label-requirement.ts";

/** All requirements must hold; none at all matches everything. */
export type LabelSelector = readonly LabelRequirement[];

export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** All requirements must hold. Which fields a kind knows is the kind's affair. */
export type FieldSelector = readonly FieldRequirement[];

/**
 * Parses `app=web,tier in (a,b),!canary`; requirements come back sorted by key.
 *
 * @throws {ApiError} `BadRequest` with upstream's words
 * @see kubernetes `apimachinery/pkg/labels/selector.go`
 */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = new LabelTokenReader(labelTokens(text));
  const requirements: LabelRequirement[] = [];
  while (tokens.peek().type !== "end") {
    const { type, literal } = tokens.peek();
    if (type !== "identifier" && type !== "!") {
      throw badRequest(`found '${literal}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseLabelRequirement(tokens));
    const next = tokens.take();
    if (next.type === "end") break;
    if (next.type !== ",") {
      throw badRequest(`found '${next.literal}', expected: ',' or 'end of string'`);
    }
    const following = tokens.peek();
    if (following.type !== "identifier" && following.type !== "!") {
      throw badRequest(`found '${following.literal}', expected: identifier after ','`);
    }
  }
  return requirements.toSorted((a, b) => compare(a.key, b.key));
}

export function matchesLabels(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return selector.every((requirement) => matchesRequirement(requirement, labels));
}

/**
 * Parses `status.phase=Running,spec.nodeName!=n1`; requirements come back in the order of their text.
 *
 * @throws {ApiError} `BadRequest` with upstream's words
 * @see kubernetes `apimachinery/pkg/fields/selector.go`
 */
export function parseFieldSelector(text: string): FieldSelector {
  return splitFieldTerms(text)
    .filter((term) => term !== "")
    .toSorted(compare)
    .map((term) => {
      const operatorAt = term.search(/!=|=/);
      if (operatorAt < 0) {
        throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      }
      const written = /^(?:!=|==|=)/.exec(term.slice(operatorAt))?.[0] ?? "=";
      return {
        field: term.slice(0, operatorAt),
        operator: written === "!=" ? "!=" : "=",
        value: unescapeFieldValue(term.slice(operatorAt + written.length)),
      };
    });
}

function matchesRequirement(
  { key, operator, values }: LabelRequirement,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt": {
      if (value === undefined || !isLabelInteger(value)) return false;
      const [limit = "0"] = values;
      return operator === "gt" ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
