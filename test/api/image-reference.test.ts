import { describe, expect, test } from "vitest";
import { parseImageReference } from "../../src/api/image-reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("an image name in full", () => {
  test.each([
    ["nginx", "docker.io/library/nginx:latest"],
    ["nginx:1.27", "docker.io/library/nginx:1.27"],
    ["bitnami/nginx", "docker.io/bitnami/nginx:latest"],
    ["docker.io/nginx", "docker.io/library/nginx:latest"],
    ["docker.io/library/nginx:1", "docker.io/library/nginx:1"],
    ["registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"],
    ["localhost/web", "localhost/web:latest"],
    ["registry:5000/team/web", "registry:5000/team/web:latest"],
    ["registry.example/a/b/c:v1", "registry.example/a/b/c:v1"],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
    [`nginx:1@${digest}`, `docker.io/library/nginx@${digest}`],
    ["a__b/c-d/e.f", "docker.io/a__b/c-d/e.f:latest"],
  ])("of %s is %s", (image, full) => {
    expect(parseImageReference(image)?.full).toBe(full);
  });

  test("has a registry, a repository and a tag", () => {
    expect(parseImageReference("registry.example:5000/team/web:v1")).toEqual({
      registry: "registry.example:5000",
      repository: "registry.example:5000/team/web",
      tag: "v1",
      full: "registry.example:5000/team/web:v1",
    });
    expect(parseImageReference(`nginx@${digest}`)?.tag).toBe("");
  });

  test.each([
    "",
    "Nginx",
    "nginx:",
    "nginx::1",
    ":1",
    "nginx@sha256:short",
    "-nginx",
    "nginx/",
    "/nginx",
    "a b",
    "https://registry.example/web",
    "a___b",
    "0123456789abcdef".repeat(4),
  ])("of '%s' there is none", (image) => {
    expect(parseImageReference(image)).toBeUndefined();
  });
});
