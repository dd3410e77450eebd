import { describe, expect, test } from "vitest";
import * as errors from "../../src/api/errors.ts";
import { vectors } from "./vectors.ts";

interface RecordedStatus {
  readonly case: string;
  readonly status: errors.Status;
}

describe("a refusal", () => {
  test.each(vectors<RecordedStatus>("statuses"))(
    "reads as the real server's, byte for byte: $case",
    ({ status }) => {
      expect(JSON.stringify(rebuilt(status).status)).toBe(JSON.stringify(status));
    },
  );

  test("names core resources by their plural alone, and grouped ones with their group", () => {
    expect(errors.notFound({ group: "", resource: "pods" }, "x").status).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'pods "x" not found',
      reason: "NotFound",
      details: { name: "x", kind: "pods" },
      code: 404,
    });
    expect(errors.notFound({ group: "apps", resource: "deployments" }, "web").message).toBe(
      'deployments.apps "web" not found',
    );
  });

  test("of an eviction says which budget blocks it, and not when to come back", () => {
    const message = "Cannot evict pod as it would violate the pod's disruption budget.";
    const cause = {
      reason: "DisruptionBudget",
      message: "The disruption budget web needs 3 healthy pods and has 3 currently",
    };

    expect(errors.tooManyRequests(message, 0, [cause]).status).toMatchObject({
      reason: "TooManyRequests",
      details: { causes: [cause] },
      code: 429,
    });
  });

  test("of a body that is too large or of our own failure carries upstream's prefix", () => {
    expect(errors.requestEntityTooLarge("limit is 3145728").message).toBe(
      "Request entity too large: limit is 3145728",
    );
    expect(errors.internalError("boom").status).toMatchObject({
      message: "Internal error occurred: boom",
      details: { causes: [{ message: "boom" }] },
      code: 500,
    });
  });

  test("is recognised by name and reason, as a copy from another thread is", () => {
    const copy = Object.assign(new Error("x"), { name: "ApiError", reason: "NotFound" });

    expect(errors.isApiError(copy)).toBe(true);
    expect(errors.isApiError(copy, "NotFound")).toBe(true);
    expect(errors.isApiError(copy, "Conflict")).toBe(false);
    expect(errors.isApiError(new Error("x"))).toBe(false);
    expect(errors.isApiError("ApiError")).toBe(false);
  });
});

/** The error that gives a recorded Status, made from nothing but the facts in its details. */
function rebuilt({ reason, message = "", details = {} }: errors.Status): errors.ApiError {
  const { name = "", group = "", kind = "" } = details;
  const resource = { group, resource: kind };
  const causes = (details.causes ?? []) as errors.StatusCause[];
  switch (reason) {
    case "NotFound":
      return kind === "" ? errors.noSuchResource() : errors.notFound(resource, name);
    case "AlreadyExists":
      return errors.alreadyExists(resource, name);
    case "Conflict": {
      if (name === "") return new errors.ApiError("Conflict", message, details);
      const why = after(": ", message);
      return why.startsWith("the object has been modified")
        ? errors.conflict(resource, name)
        : errors.conflict(resource, name, why);
    }
    case "Invalid":
      return kind === "" ? errors.invalidPatch() : errors.invalid({ group, kind }, name, causes);
    case "Forbidden":
      return errors.forbidden(resource, name, after("is forbidden: ", message));
    case "Unauthorized":
      return errors.unauthorized();
    case "BadRequest":
      return errors.badRequest(message);
    case "MethodNotAllowed":
      return errors.methodNotAllowed(resource, message.split(" is not supported")[0] ?? "");
    case "NotAcceptable":
      return errors.notAcceptable(after(": ", message).split(", "));
    case "UnsupportedMediaType":
      return errors.unsupportedMediaType(after(": ", message).split(", "));
    case "Expired":
      return errors.expired(message);
    case "Timeout": {
      const [asked = 0, current = 0] = (message.match(/\d+/g) ?? []).map(Number);
      return errors.tooLargeResourceVersion(asked, current);
    }
    case "TooManyRequests":
      return errors.tooManyRequests(message, details.retryAfterSeconds ?? 0);
    default:
      return errors.unexpectedError(message);
  }
}

function after(mark: string, text: string): string {
  return text.slice(text.indexOf(mark) + mark.length);
}
