import { describe, expect, test } from "vitest";
import { imageBehaviour, imageOf } from "../../../../workers/kubelet/images/images.ts";

describe("what is known of an image by its name", () => {
  test("is its name in full and its behaviour, the same each time", () => {
    const image = imageOf("nginx");

    expect(image.name).toBe("docker.io/library/nginx:latest");
    expect(image.behaviour).toBe(imageBehaviour("nginx"));
    expect(imageOf("nginx")).toBe(image);
  });

  test("is the name as written when it is no image name", () => {
    expect(imageOf("Web!")).toMatchObject({ reference: undefined, name: "Web!" });
  });
});

describe("an image's behaviour", () => {
  test.each([
    "nginx",
    "nginx:1.27-alpine",
    "docker.io/library/nginx:latest",
    "registry.example:5000/team/nginx",
    `nginx@sha256:${"0".repeat(64)}`,
  ])("is known by the last part of its name: %s", (image) => {
    const behaviour = imageBehaviour(image);
    expect(behaviour.plan(behaviour.defaultCommand)).toMatchObject({ listensOn: [80] });
  });

  test("nginx listens on 80, runs on, and stops soon when asked", () => {
    const { plan, defaultCommand } = imageBehaviour("nginx");
    const { listensOn, exit, stop } = plan(defaultCommand);
    expect(listensOn).toEqual([80]);
    expect(exit).toBeUndefined();
    expect(stop?.code).toBe(0);
    expect(stop?.afterUs).toBeLessThan(1_000_000);
  });

  test("nginx with another command runs that command", () => {
    expect(imageBehaviour("nginx").plan(["sleep", "5"])).toMatchObject({
      listensOn: [],
      exit: { afterUs: 5_000_000, code: 0 },
    });
  });

  test.each(["busybox", "alpine"])(
    "%s without a command is a shell without input: it is done",
    (image) => {
      const { plan, defaultCommand } = imageBehaviour(image);
      expect(plan(defaultCommand).exit).toMatchObject({ code: 0 });
    },
  );

  test("pause runs on until it is stopped", () => {
    const { plan, defaultCommand } = imageBehaviour("registry.k8s.io/pause:3.10");
    expect(plan(defaultCommand)).toEqual({ listensOn: [], stop: { afterUs: 20_000, code: 0 } });
  });

  test("an image nobody described runs on and stops when asked", () => {
    const { plan, defaultCommand } = imageBehaviour("quay.io/team/service:v2");
    expect(plan(defaultCommand)).toMatchObject({ listensOn: [], stop: { code: 0 } });
    expect(plan(defaultCommand).exit).toBeUndefined();
  });

  test("an image nobody described has a shell, and programs nobody knows", () => {
    const { plan } = imageBehaviour("quay.io/team/service:v2");
    expect(plan(["sh", "-c", "exit 3"])).toMatchObject({ exit: { code: 3 } });
    expect(plan(["/service", "--port=80"]).startError).toBeUndefined();
    expect(plan(["/service", "--port=80"]).exit).toBeUndefined();
  });

  test.each(["constructor", "toString", "__proto__"])(
    "a name like %s is no image of ours",
    (image) => {
      expect(imageBehaviour(image)).toBe(imageBehaviour("unheard-of"));
    },
  );

  test("has a size, which a pull takes its time for", () => {
    for (const image of ["nginx", "busybox", "alpine", "pause", "unheard-of"]) {
      expect(imageBehaviour(image).sizeBytes).toBeGreaterThan(0);
    }
  });
});
