import { expect, test } from "vitest";
import { parseEndpoints } from "../../../../src/control-plane/store/etcd/etcd-options.ts";
import { hasReliableProgress } from "../../../../src/control-plane/store/etcd/server-version.ts";

test.each([
  ["http://127.0.0.1:2379", "dns:127.0.0.1:2379", false],
  ["https://etcd-1.example:443", "dns:etcd-1.example:443", true],
  ["http://etcd-1.example", "dns:etcd-1.example:2379", false],
  ["https://[::1]:2379/", "dns:[::1]:2379", true],
])("an endpoint %s is %s to gRPC", (endpoint, target, isSecure) => {
  expect(parseEndpoints({ endpoints: [endpoint] })).toEqual([{ url: endpoint, target, isSecure }]);
});

test.each(["", "127.0.0.1:2379", "ftp://x", "http://x/path", "http://user@x:1", "http://x?y"])(
  "%j is no endpoint, and the error says what is",
  (endpoint) => {
    expect(() => parseEndpoints({ endpoints: [endpoint] })).toThrow(
      `an etcd endpoint is http://HOST:PORT or https://HOST:PORT, not ${JSON.stringify(endpoint)}`,
    );
  },
);

test("options that do not go together are refused", () => {
  expect(() => parseEndpoints({ endpoints: [] })).toThrow("at least one endpoint");
  expect(() => parseEndpoints({ endpoints: ["http://x:1"], tls: {} })).toThrow("https");
  const tls = { certificatePem: "PEM" };
  expect(() => parseEndpoints({ endpoints: ["https://x:1"], tls })).toThrow("come together");
});

test.each([
  ["3.4.23", false],
  ["3.4.25", true],
  ["3.5.7", false],
  ["3.5.8", true],
  ["3.6.0-rc.1", true],
  ["3.3.27", false],
  ["4.0.0", true],
])("whether etcd %s answers for progress in order: %s", (version, isReliable) => {
  expect(hasReliableProgress(version)).toBe(isReliable);
});
