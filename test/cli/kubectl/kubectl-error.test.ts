import { describe, expect, test } from "vitest";
import {
  ApiError,
  badRequest,
  forbidden,
  internalError,
  invalid,
  notFound,
  unexpectedError,
} from "../../../src/api/errors.ts";
import { required, invalidValue } from "../../../src/api/field-errors.ts";
import {
  ConnectionError,
  failAll,
  KubectlError,
  renderError,
  whileDoing,
} from "../../../src/cli/kubectl/kubectl-error.ts";

const pods = { group: "", resource: "pods" };
const pod = { group: "", kind: "Pod" };

describe("what the server refuses is shown as kubectl shows it", () => {
  test.each<[string, unknown, string]>([
    [
      "a missing object",
      notFound(pods, "nosuch"),
      'Error from server (NotFound): pods "nosuch" not found\n',
    ],
    [
      "a right that is missing",
      forbidden(pods, "", 'User "jane" cannot list resource "pods"'),
      'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods"\n',
    ],
    [
      "a failure of the server",
      internalError("boom"),
      "Error from server (InternalError): Internal error occurred: boom\n",
    ],
    ["a failure without a reason", unexpectedError("boom"), "Error from server: boom\n"],
    [
      "a client that is unknown",
      new ApiError("Unauthorized", "Unauthorized"),
      "error: You must be logged in to the server (Unauthorized)\n",
    ],
    [
      "an object with one thing wrong",
      invalid(pod, "x", [required("spec.containers")]),
      'The Pod "x" is invalid: spec.containers: Required value\n',
    ],
    [
      "an object with several things wrong, each said once",
      invalid(pod, "x", [
        required("spec.containers"),
        invalidValue("metadata.name", "x", "no"),
        required("spec.containers"),
      ]),
      'The Pod "x" is invalid: \n* spec.containers: Required value\n* metadata.name: Invalid value: "x": no\n',
    ],
    [
      "a patch that does not fit",
      new ApiError("Invalid", "the server rejected our request", {}),
      "The request is invalid: the server rejected our request\n",
    ],
    [
      "a manifest",
      whileDoing("creating", "cm.yaml", badRequest("unknown field")),
      'Error from server (BadRequest): error when creating "cm.yaml": unknown field\n',
    ],
    [
      "a manifest with something wrong",
      whileDoing("creating", "x.yaml", invalid(pod, "x", [required("spec.containers")])),
      'The Pod "x" is invalid: spec.containers: Required value\n',
    ],
  ])("%s", (_name, error, text) => {
    expect(renderError(error)).toBe(text);
  });
});

describe("what kubectl refuses itself", () => {
  test("comes after `error: `, unless nobody answered", () => {
    expect(renderError(new KubectlError("no"))).toBe("error: no\n");
    expect(renderError(new ConnectionError("The connection was refused"))).toBe(
      "The connection was refused\n",
    );
  });

  test("is one line for each when several things went wrong", () => {
    const fail = () => failAll([notFound(pods, "x"), new KubectlError("resource name is empty")]);

    expect(fail).toThrow(AggregateError);
    expect(renderError(thrownBy(fail))).toBe(
      'Error from server (NotFound): pods "x" not found\nresource name is empty\n',
    );
  });

  test("is thrown as it is when it is alone, and not at all when there is none", () => {
    const only = new KubectlError("only");

    expect(thrownBy(() => failAll([only]))).toBe(only);
    expect(thrownBy(() => failAll([]))).toBeUndefined();
  });
});

function thrownBy(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
