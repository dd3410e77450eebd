import { beforeEach, describe, expect, test } from "vitest";
import { isApiError } from "../../../src/api/errors.ts";
import type { ApiClient } from "../../../src/control-plane/client/api-client.ts";
import { RecordedWatch } from "../apiserver/api-driver.ts";
import { aConfigMap, aNamespace, aNode, aPod } from "../apiserver/objects.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf, latencySeconds } from "./client-under-test.ts";

const configMaps = { group: "", version: "v1", plural: "configmaps" };

let api: ServerUnderTest;
let client: ApiClient;
beforeEach(() => {
  api = new ServerUnderTest();
  client = clientOf(api);
});

describe("a client", () => {
  test("is as far from its server as its links are long, both ways", () => {
    const answers: (string | undefined)[] = [];
    const object = { ...aConfigMap("a"), metadata: { name: "a", namespace: "default" } };
    client.create(configMaps, object, (_error, created) => answers.push(created?.metadata.name));

    expect(api.list("configmaps").items).toEqual([]);
    api.pass(latencySeconds);
    expect(api.list("configmaps").items).toHaveLength(1);
    expect(answers).toEqual([]);
    api.pass(latencySeconds);
    expect(answers).toEqual(["a"]);
  });

  test("is told of a refusal as of an answer", () => {
    const errors: (Error | undefined)[] = [];
    const path = { ...configMaps, namespace: "default", name: "nosuch" };
    client.remove(path, {}, (error) => errors.push(error));
    client.patch(
      path,
      "",
      (stored) => stored,
      (error) => errors.push(error),
    );
    api.pass(1);

    expect(errors.map((error) => isApiError(error, "NotFound"))).toEqual([true, true]);
  });

  test("has its requests handled in the order it makes them", () => {
    const path = { ...configMaps, namespace: "default", name: "a" };
    client.create(configMaps, aConfigMap("a", {}, { namespace: "default" }));
    client.patch(path, "", (stored) => ({ ...stored, data: { n: "1" } }));
    client.patch(path, "", (stored) => ({
      ...stored,
      data: { ...(stored["data"] as object), m: "2" },
    }));
    api.pass(1);

    expect(api.get("configmaps", "a")["data"]).toEqual({ n: "1", m: "2" });
  });

  test("hears of events one way later, in their order, until it stops listening", () => {
    const watch = new RecordedWatch();
    const from = { ...configMaps, fieldSelector: "", resourceVersion: String(api.server.revision) };
    const stop = client.watch(from, watch);
    api.pass(latencySeconds);

    api.create("configmaps", aConfigMap("a"));
    api.create("configmaps", aConfigMap("b"));
    expect(watch.lines).toEqual([]);
    api.pass(latencySeconds);
    expect(watch.taken().map((line) => line.split("@")[0])).toEqual(["ADDED a", "ADDED b"]);

    api.create("configmaps", aConfigMap("c"));
    stop();
    api.pass(1);
    api.create("configmaps", aConfigMap("d"));
    api.pass(1);
    expect(watch.lines).toEqual([]);
  });

  test("that stops a watch before it has begun hears nothing of it", () => {
    const watch = new RecordedWatch();
    client.watch({ ...configMaps, fieldSelector: "", resourceVersion: "" }, watch)();
    api.create("configmaps", aConfigMap("a"));
    api.pass(1);

    expect(watch.lines).toEqual([]);
  });

  test("binds pods and finalizes namespaces", () => {
    api.create("nodes", aNode("n1"));
    api.create("pods", aPod("web"));
    const dev = api.create("namespaces", aNamespace("dev"));
    api.remove("namespaces", "dev");
    const outcomes: (Error | undefined)[] = [];

    const pod = { group: "", version: "v1", plural: "pods", namespace: "default", name: "web" };
    const target = { kind: "Node", name: "n1" };
    client.bind(
      pod,
      { apiVersion: "v1", kind: "Binding", metadata: { name: "web" }, target },
      (error) => outcomes.push(error),
    );
    client.finalize(
      { group: "", version: "v1", plural: "namespaces", namespace: "", name: "dev" },
      { ...(dev as object), spec: { finalizers: [] } } as never,
      (error) => outcomes.push(error),
    );
    api.pass(1);

    expect(outcomes).toEqual([undefined, undefined]);
    expect(api.get("pods", "web")["spec"]).toMatchObject({ nodeName: "n1" });
    expect(api.list("namespaces").items.map(({ metadata }) => metadata.name)).not.toContain("dev");
  });

  test("knows which kinds are in namespaces", () => {
    expect(client.namespacedKinds().map(({ plural }) => plural)).toEqual([
      "configmaps",
      "events",
      "pods",
      "secrets",
      "serviceaccounts",
      "services",
      "leases",
    ]);
  });
});
