import { beforeEach, describe, expect, test, vi } from "vitest";
import type { DoorCodec } from "../../../src/control-plane/store/etcd/door/door-context.ts";
import {
  type EtcdDoor,
  openEtcdDoor,
} from "../../../src/control-plane/store/etcd/door/etcd-door.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import { HandClock } from "../../control-plane/store/hand-clock.ts";
import { Client, codec, type Stamped, stamp } from "../../control-plane/store/store-under-test.ts";
import { etcdctlAt, etcdctlSkipReason } from "./etcdctl.ts";

/** Objects under `/registry/`, whatever people like elsewhere. */
const checked: DoorCodec<Stamped> = {
  encode: codec.encode,
  decode: (bytes, key) => {
    const value = codec.decode(bytes);
    if (key.startsWith("/registry/") && !value.text.startsWith("{")) {
      throw new Error("expected a JSON object");
    }
    return value;
  },
};

const title =
  etcdctlSkipReason === undefined ? "etcdctl" : `etcdctl (skipped: ${etcdctlSkipReason})`;

describe.skipIf(etcdctlSkipReason !== undefined)(`${title} at etcd's door`, () => {
  let clock: HandClock;
  let client: Client;
  let door: EtcdDoor;
  let etcdctl: ReturnType<typeof etcdctlAt>;
  const pod = "/registry/pods/default/my-nginx";

  beforeEach(async () => {
    clock = new HandClock();
    const store = new MemoryStore<Stamped>(stamp, { codec, clock });
    client = new Client(store);
    door = await openEtcdDoor({ store, codec: checked, clock, submit: (handle) => handle() });
    etcdctl = etcdctlAt(`127.0.0.1:${door.port}`);
    return () => door.close();
  });

  const stdoutOf = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await etcdctl.run(args, input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };
  const refusalOf = async (...args: readonly string[]): Promise<string | undefined> => {
    const { code, stderr } = await etcdctl.run(args);
    expect(code).not.toBe(0);
    return stderr.trim().split("\n").at(-1);
  };

  test("reads objects as JSON, one or all with a prefix", async () => {
    await client.put(pod, '{"kind":"Pod"}');
    await client.put("/registry/pods/default/other", "{}");
    await client.put("/registry/podsetc", "{}");

    expect(await stdoutOf(["get", pod])).toBe(`${pod}\n{"kind":"Pod"}\n`);
    expect(await stdoutOf(["get", "--prefix", "/registry/pods/", "--keys-only"])).toBe(
      `${pod}\n\n/registry/pods/default/other\n\n`,
    );
    expect(await stdoutOf(["get", "--prefix", "", "--limit=1", "--print-value-only"])).toBe(
      '{"kind":"Pod"}\n',
    );
    expect(await stdoutOf(["get", "--from-key", "/registry/pods/e", "--keys-only"])).toBe(
      "/registry/podsetc\n\n",
    );
  });

  test("reads as JSON what etcd says of a key", async () => {
    await client.putAll("a", "a");
    expect(JSON.parse(await stdoutOf(["get", "a", "-w", "json"]))).toEqual({
      header: { cluster_id: expect.any(Number), member_id: 1, revision: 3, raft_term: 1 },
      kvs: [{ key: "YQ==", create_revision: 2, mod_revision: 3, version: 2, value: "YQ==" }],
      count: 1,
    });
  });

  test("reads the past, until it is compacted", async () => {
    await client.put("a", "old");
    await client.put("a", "new");

    expect(await stdoutOf(["get", "a", "--rev=2"])).toBe("a\nold\n");
    expect(await stdoutOf(["compact", "3"])).toBe("compacted revision 3\n");
    const compacted = "Error: etcdserver: mvcc: required revision has been compacted";
    expect(await refusalOf("get", "a", "--rev=2")).toBe(compacted);
    expect(await refusalOf("compact", "3")).toBe(compacted);
    const future = "Error: etcdserver: mvcc: required revision is a future revision";
    expect(await refusalOf("get", "a", "--rev=9")).toBe(future);
  });

  test("writes and deletes, and says what was there before", async () => {
    expect(await stdoutOf(["put", "a", "one"])).toBe("OK\n");
    expect(await stdoutOf(["put", "a", "two", "--prev-kv"])).toBe("OK\na\none\n");
    expect(await stdoutOf(["put", "a", "--ignore-value"])).toBe("OK\n");
    expect(await client.texts({ key: "a" })).toEqual(["two"]);
    expect(await stdoutOf(["del", "--prefix", "", "--prev-kv"])).toBe("1\na\ntwo\n");
    expect(await stdoutOf(["del", "a"])).toBe("0\n");
  });

  test("is told in etcd's words what is wrong", async () => {
    expect(await refusalOf("put", "", "x")).toBe("Error: etcdserver: key is not provided");
    expect(await refusalOf("put", "nothing", "--ignore-value")).toBe(
      "Error: etcdserver: key not found",
    );
    expect(await refusalOf("put", "a", "x", "--lease=7")).toBe(
      "Error: etcdserver: requested lease not found",
    );
    expect(await refusalOf("user", "list")).toContain("Unimplemented");
  });

  test("is told which key cannot have a value, and why", async () => {
    const { stderr } = await etcdctl.run(["put", pod, "no object"]);
    expect(stderr).toContain("InvalidArgument");
    expect(stderr).toContain(`the value of ${pod}: expected a JSON object`);
    expect(await client.keys({ key: pod })).toEqual([]);
  });

  test("is told that a key is no text", async () => {
    const { stderr } = await etcdctl.run(["txn", "-i"], '\nput "\\xff" x\n\n\n');
    expect(stderr).toContain('key "\\xff" is not UTF-8: keys are text here');
  });

  test("does one of two things in a transaction", async () => {
    const typed = 'mod("a") > "0"\n\nput a mine\nget a\n\nput a first\n\n';
    expect(await stdoutOf(["txn", "-i"], typed)).toContain("FAILURE\n\nOK\n");
    expect(await stdoutOf(["txn", "-i"], typed)).toContain("SUCCESS\n\nOK\n\na\nmine\n");
    const byValue = 'value("a") = "mine"\n\ndel a\n\n\n';
    expect(await stdoutOf(["txn", "-i"], byValue)).toContain("SUCCESS\n\n1\n");
  });

  test("grants, keeps and revokes leases, which end by the cluster's clock", async () => {
    expect(await stdoutOf(["lease", "grant", "60"])).toContain("granted with TTL(60s)");
    expect(await stdoutOf(["put", "--lease=1", "a", "x"])).toBe("OK\n");
    expect(await stdoutOf(["lease", "timetolive", "1", "--keys"])).toBe(
      "lease 0000000000000001 granted with TTL(60s), remaining(60s), attached keys([a])\n",
    );
    clock.pass(40);
    expect(await stdoutOf(["lease", "keep-alive", "--once", "1"])).toContain("TTL(60)");
    clock.pass(40);
    expect(await client.keys({ key: "a" })).toEqual(["a"]);
    clock.pass(40);
    expect(await client.keys({ key: "a" })).toEqual([]);
    expect(await stdoutOf(["lease", "timetolive", "1"])).toContain("already expired");
    expect(await stdoutOf(["lease", "grant", "60"])).toContain("lease 0000000000000002");
    expect(await stdoutOf(["lease", "list"])).toContain("0000000000000002");
    expect(await stdoutOf(["lease", "revoke", "2"])).toContain("revoked");
  });

  test("watches from a revision on, and what happens then", async () => {
    await client.put("/a", "one");
    await client.put("/a", "two");
    const watch = etcdctl.start("watch", "--prefix", "/", "--rev=3", "--prev-kv");
    await vi.waitFor(() => expect(watch.stdout).toBe("PUT\n/a\none\n/a\ntwo\n"), 20_000);
    await client.remove("/a");
    await vi.waitFor(() => expect(watch.stdout).toContain("DELETE\n/a\ntwo\n/a\n"), 20_000);
    await watch.interrupt();
  });

  test("is told how far a watch has come, when it asks", async () => {
    const watch = etcdctl.start("watch", "-i", "-w", "json");
    await client.put("/a", "{}");
    watch.type("watch --prefix --rev=2 /\n");
    await vi.waitFor(() => expect(watch.stdout).toContain('"revision":2'), 20_000);
    watch.type("progress\n");
    await vi.waitFor(() => expect(watch.stdout).toContain("progress notify: 2\n"), 20_000);
    await watch.interrupt();
  });

  test("is told that what it wants to watch is compacted", async () => {
    await client.putAll("a", "b", "c");
    await client.compact(4);
    const { stdout, stderr } = await etcdctl.run(["watch", "a", "--rev=2"]);
    expect(stdout + stderr).toContain("mvcc: required revision has been compacted");
  });

  test("finds a cluster of one healthy member", async () => {
    expect((await etcdctl.run(["endpoint", "health"])).stderr).toContain("is healthy");
    expect(await stdoutOf(["endpoint", "status"])).toContain(", 1, 3.5.");
    expect(await stdoutOf(["member", "list"])).toContain(`podrace, , ${door.url}, false`);
    expect(await stdoutOf(["alarm", "list"])).toBe("");
    expect(await stdoutOf(["defrag"])).toContain("Finished");
  });
});
