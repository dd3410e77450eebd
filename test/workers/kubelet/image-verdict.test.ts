import { describe, expect, test } from "vitest";
import { imageVerdict } from "../../../workers/kubelet/image-verdict.ts";
import { aContainer } from "./kubelet-driver.ts";

describe("what is to be done about an image", () => {
  test.each([
    ["IfNotPresent", true, "present"],
    ["IfNotPresent", false, "pull"],
    ["Always", true, "pull"],
    ["Always", false, "pull"],
    ["Never", true, "present"],
    ["Never", false, "refused"],
  ] as const)("with pull policy %s, present: %j: %s", (imagePullPolicy, isPresent, kind) => {
    expect(imageVerdict(aContainer({ imagePullPolicy }), isPresent).kind).toBe(kind);
  });

  test("that may not be pulled is refused in upstream's words", () => {
    expect(imageVerdict(aContainer({ image: "web:1", imagePullPolicy: "Never" }), false)).toEqual({
      kind: "refused",
      reason: "ErrImageNeverPull",
      event: "neverPull",
      message: 'Container image "web:1" is not present with pull policy of Never',
    });
  });

  test.each(["Web", "web::1", "", "a b", "-web"])("'%s' is no name of an image", (image) => {
    expect(imageVerdict(aContainer({ image }), true)).toEqual({
      kind: "refused",
      reason: "InvalidImageName",
      event: "inspectFailed",
      message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    });
  });
});
