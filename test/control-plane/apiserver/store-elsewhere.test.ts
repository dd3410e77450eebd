import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/api/objects.ts";
import { aNamespace, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServersUnderTest } from "./servers-under-test.ts";

let servers: ServersUnderTest;
beforeEach(() => {
  servers = new ServersUnderTest({ isElsewhere: true });
});

function aService(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

const addressOf = ({ spec }: KubeObject): string =>
  (spec as { readonly clusterIP: string }).clusterIP;

const keysOf = (prefix: string): readonly string[] => {
  let keys: readonly string[] = [];
  servers.store.range({ key: prefix, rangeEnd: `${prefix}~` }, (_error, { items }) => {
    keys = items.map(({ key }) => key.slice(prefix.length));
  });
  return keys;
};

describe("servers of a store that is elsewhere, with caches that are behind", () => {
  test("look again before they say that a namespace or a service account is not there", () => {
    const { first, second } = servers;
    first.create("namespaces", aNamespace("dev"));
    first.create(
      "serviceaccounts",
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } },
      { namespace: "dev" },
    );
    const answers: string[] = [];
    const ask = (namespace: string): void =>
      second.server.create(second.at("pods", { namespace }), aPod("web"), (error) =>
        answers.push(error?.message ?? "created"),
      );

    ask("dev");
    ask("no");
    servers.pass(0.1);

    expect(answers).toEqual(["created", 'namespaces "no" not found']);
  });

  test("never give out an address twice, whoever of them is asked for it", () => {
    const { second, third } = servers;
    second.create("services", aService("a", { clusterIP: "10.96.0.77" }));

    const other = aService("b", { clusterIP: "10.96.0.77" });
    expect(refusalOf(() => third.create("services", other)).message).toContain(
      'spec.clusterIPs: Invalid value: ["10.96.0.77"]: failed to allocate IP 10.96.0.77: provided IP is already allocated',
    );
    expect(keysOf("/registry/services/specs/default/")).toEqual(["a", "kubernetes"]);
  });

  test("choose another address when the one they chose is taken", () => {
    const { second, third } = servers;
    const chosen = addressOf(second.create("services", aService("b")));
    second.remove("services", "b");
    second.create("services", aService("a", { clusterIP: chosen }));

    const address = addressOf(third.create("services", aService("b")));

    expect(address).toMatch(/^10\.96\./);
    expect(address).not.toBe(chosen);
    expect(keysOf("/registry/ipaddresses/")).toEqual(["10.96.0.1", address, chosen].toSorted());
  });

  test("say that a name is taken, rather than its address", () => {
    const { second, third } = servers;
    second.create("services", aService("a", { clusterIP: "10.96.0.77" }));

    const same = aService("a", { clusterIP: "10.96.0.77" });
    expect(refusalOf(() => third.create("services", same)).reason).toBe("AlreadyExists");
  });

  test("give an address back with its service", () => {
    const { second, third } = servers;
    second.create("services", aService("a", { clusterIP: "10.96.0.77" }));
    second.remove("services", "a");
    servers.pass(0.1);

    const { metadata } = third.create("services", aService("b", { clusterIP: "10.96.0.77" }));
    expect(metadata.name).toBe("b");
    expect(keysOf("/registry/ipaddresses/")).toEqual(["10.96.0.1", "10.96.0.77"]);
  });
});
