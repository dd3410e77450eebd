import { describe, expect, test } from "vitest";
import {
  decodeContinueToken,
  encodeContinueToken,
} from "../../../src/control-plane/apiserver/continue-token.ts";

describe("a continue token", () => {
  test("is what the real server gives for the same place", () => {
    expect(encodeContinueToken({ revision: 8, start: "f1\0" })).toBe(
      "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6OCwic3RhcnQiOiIvZjFcdTAwMDAifQ",
    );
  });

  test.each([
    { revision: 8, start: "default/web\0" },
    { revision: -1, start: "a" },
    { revision: 123_456_789_012, start: "ünï/😀\0" },
  ])("reads back as it was written: $start", (token) => {
    expect(decodeContinueToken(encodeContinueToken(token))).toEqual(token);
  });

  test.each([
    ["bogus", "continue key is not valid: illegal base64 data at input byte 4"],
    ["bo!us", "continue key is not valid: illegal base64 data at input byte 2"],
    ["eyJ9=", "continue key is not valid: illegal base64 data at input byte 4"],
    [
      token("{nope"),
      "continue key is not valid: invalid character 'n' looking for beginning of object key string",
    ],
    [
      token("[]"),
      "continue key is not valid: json: cannot unmarshal array into Go value of type storage.continueToken",
    ],
    [token("null"), 'continue key is not valid: server does not recognize this encoded version ""'],
    [
      token('{"v":"meta.k8s.io/v9","rv":1,"start":"/a"}'),
      'continue key is not valid: server does not recognize this encoded version "meta.k8s.io/v9"',
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":0,"start":"/a"}'),
      "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1}'),
      "continue key is not valid: encoded start key empty (version meta.k8s.io/v1)",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets/a"}'),
      "continue key is not valid: ../secrets/a",
    ],
    [
      token('{"v":"meta.k8s.io/v1","rv":1,"start":"a/../../secrets/a"}'),
      "continue key is not valid: a/../../secrets/a",
    ],
  ])("that is %s is refused", (text, why) => {
    expect(() => decodeContinueToken(text)).toThrow(
      expect.objectContaining({ code: 400, message: `invalid continue token: ${why}` }),
    );
  });
});

function token(json: string): string {
  return Buffer.from(json).toString("base64url");
}
