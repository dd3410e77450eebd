import { describe, expect, test } from "vitest";
import {
  type RequestInfo,
  requestInfo,
  verbOf,
} from "../../../../src/control-plane/apiserver/http/request-info.ts";

const nothing = {
  group: "",
  version: "v1",
  plural: "",
  namespace: "",
  name: "",
  subresource: "",
  isWatchPath: false,
};

describe("a path of the API", () => {
  test.each<[string, Partial<RequestInfo>]>([
    ["/api/v1/pods", { plural: "pods" }],
    ["/api/v1/pods/", { plural: "pods" }],
    ["/api/v1/nodes/n1", { plural: "nodes", name: "n1" }],
    ["/api/v1/nodes/n1/status", { plural: "nodes", name: "n1", subresource: "status" }],
    ["/api/v1/namespaces", { plural: "namespaces" }],
    ["/api/v1/namespaces/dev", { plural: "namespaces", name: "dev" }],
    ["/api/v1/namespaces/dev/status", { plural: "namespaces", name: "dev", subresource: "status" }],
    [
      "/api/v1/namespaces/dev/finalize",
      { plural: "namespaces", name: "dev", subresource: "finalize" },
    ],
    ["/api/v1/namespaces/dev/pods", { plural: "pods", namespace: "dev" }],
    ["/api/v1/namespaces/dev/pods/web", { plural: "pods", namespace: "dev", name: "web" }],
    [
      "/api/v1/namespaces/dev/pods/web/proxy/a/b",
      { plural: "pods", namespace: "dev", name: "web", subresource: "proxy/a/b" },
    ],
    [
      "/apis/coordination.k8s.io/v1/namespaces/dev/leases/l",
      { group: "coordination.k8s.io", plural: "leases", namespace: "dev", name: "l" },
    ],
    [
      "/apis/apps/v1beta1/deployments",
      { group: "apps", version: "v1beta1", plural: "deployments" },
    ],
    ["/api/v1/watch/pods", { plural: "pods", isWatchPath: true }],
    [
      "/api/v1/watch/namespaces/dev/pods/web",
      { plural: "pods", namespace: "dev", name: "web", isWatchPath: true },
    ],
    [
      "/api/v1/namespaces/a%20b/pods/%F0%9F%98%80",
      { plural: "pods", namespace: "a b", name: "😀" },
    ],
    ["/api/v1/namespaces/dev/pods/%zz", { plural: "pods", namespace: "dev", name: "%zz" }],
  ])("%s names what it names", (path, info) => {
    expect(requestInfo(path)).toEqual({ ...nothing, ...info });
  });

  test.each([
    "/",
    "/version",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/apps",
    "/apis/apps/v1",
    "/api/v1/watch",
    "/apisx/a/v1/b",
  ])("%s names no resource", (path) => {
    expect(requestInfo(path)).toBeUndefined();
  });
});

describe("the verb of a request", () => {
  const collection = { ...nothing, plural: "pods" };
  const item = { ...collection, name: "web" };

  test.each([
    [collection, "GET", false, "list"],
    [collection, "HEAD", false, "list"],
    [collection, "GET", true, "watch"],
    [{ ...item, isWatchPath: true }, "GET", false, "watch"],
    [item, "GET", false, "get"],
    [item, "GET", true, "get"],
    [collection, "POST", false, "create"],
    [item, "PUT", false, "update"],
    [item, "PATCH", false, "patch"],
    [item, "DELETE", false, "delete"],
    [collection, "DELETE", true, "deletecollection"],
    [item, "OPTIONS", false, ""],
  ] as const)("%j by %s, watching: %s, is %s", (info, method, watch, verb) => {
    expect(verbOf(info, method, watch)).toBe(verb);
  });
});
