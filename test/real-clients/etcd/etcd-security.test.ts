import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type KeyPair,
} from "../../../src/cluster/pki/certificates.ts";
import { openEtcdDoor } from "../../../src/control-plane/store/etcd/door/etcd-door.ts";
import type { EtcdOptions } from "../../../src/control-plane/store/etcd/etcd-options.ts";
import { openEtcdStore } from "../../../src/control-plane/store/etcd/open-etcd-store.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import {
  answerOf,
  Client,
  codec,
  type Stamped,
  stamp,
} from "../../control-plane/store/store-under-test.ts";
import { podrace, startPodrace } from "../../cli/podrace.ts";
import { EtcdServer, etcdSkipReason } from "./etcd-server.ts";
import { etcdctlAt, etcdctlSkipReason } from "./etcdctl.ts";

const title = etcdSkipReason === undefined ? "" : ` (skipped: ${etcdSkipReason})`;
const ctlTitle = etcdctlSkipReason === undefined ? "" : ` (skipped: ${etcdctlSkipReason})`;

let authority: CertificateAuthority;
let serving: KeyPair;
let mine: KeyPair;
let directory: string;
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  authority = await createCertificateAuthority();
  serving = await authority.issueServing();
  mine = await authority.issueClient({ commonName: "podrace", organizations: [] });
  directory = mkdtempSync(join(tmpdir(), "podrace-etcd-pki-"));
  writeFileSync(file("ca.pem"), authority.certificatePem);
  writeFileSync(file("server.pem"), serving.certificatePem);
  writeFileSync(file("server.key"), serving.privateKeyPem, { mode: 0o600 });
  writeFileSync(file("client.pem"), mine.certificatePem);
  writeFileSync(file("client.key"), mine.privateKeyPem, { mode: 0o600 });
  return () => rmSync(directory, { recursive: true });
});

/** Opens, puts and reads: settles with what was read. */
async function tried(options: EtcdOptions): Promise<readonly string[]> {
  const store = await openEtcdStore({ codec, stamp, requestTimeoutMs: 1_000, ...options });
  try {
    const client = new Client(store);
    await client.put("/registry/a", "a");
    const watch = client.watch({ prefix: "/registry/" }, 1);
    await watch.hasSeen(2);
    return await client.texts({ key: "/registry/a" });
  } finally {
    await answerOf((done) => store.close(done));
  }
}

/** Starts a podrace of one node, and stops it when that is ready. */
async function comesUp(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const kubeconfig = join(directory, "kubeconfig");
  const all = ["up", "--nodes", "1", "--threads", "0", "--port", "0", "--kubeconfig", kubeconfig];
  const running = await startPodrace([...all, ...args], { env });
  await running.printed(/1 nodes are ready[^]*Stop: Ctrl-C/);
  running.interrupt();
  expect((await running.ended).exitCode).toBe(0);
}

describe.skipIf(etcdSkipReason !== undefined)(`an etcd that asks for certificates${title}`, () => {
  let server: EtcdServer;
  beforeEach(async () => {
    const args = [
      `--cert-file=${file("server.pem")}`,
      `--key-file=${file("server.key")}`,
      `--trusted-ca-file=${file("ca.pem")}`,
      "--client-cert-auth",
    ];
    server = await EtcdServer.start({ args, scheme: "https" });
    return () => server.close();
  });
  const own = () => ({ certificatePem: mine.certificatePem, keyPem: mine.privateKeyPem });

  test("lets in who has one", async () => {
    const tls = { caPem: authority.certificatePem, ...own() };
    expect(await tried({ endpoints: [server.url], tls })).toEqual(["a"]);
  });

  test("keeps a cluster of a podrace that has one", async () => {
    const stranger = ["--etcd", server.url, "--etcd-cafile", file("ca.pem")];
    const own = ["--etcd-certfile", file("client.pem"), "--etcd-keyfile", file("client.key")];
    await comesUp([...stranger, ...own]);
    const { exitCode, stderr } = await podrace(["up", "--port", "0", ...stranger]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/error: --etcd: etcd at https:\S+: the store cannot be reached: /);
  });

  test("does not let in who has none", async () => {
    const tls = { caPem: authority.certificatePem };
    await expect(tried({ endpoints: [server.url], tls })).rejects.toThrow("cannot be reached");
  });

  test("is not believed when another authority signed its own", async () => {
    const other = await createCertificateAuthority("other");
    const tls = { caPem: other.certificatePem, ...own() };
    await expect(tried({ endpoints: [server.url], tls })).rejects.toThrow("cannot be reached");
  });
});

describe.skipIf(etcdSkipReason !== undefined || etcdctlSkipReason !== undefined)(
  `an etcd that asks for a password${title || ctlTitle}`,
  () => {
    let server: EtcdServer;
    beforeEach(async () => {
      server = await EtcdServer.start({ args: ["--auth-token-ttl", "1"] });
      const { run } = etcdctlAt(server.url);
      for (const command of [
        "user add root:secret",
        "user grant-role root root",
        "role add registry",
        "role grant-permission registry --prefix=true readwrite /registry/",
        "user add podrace:pass",
        "user grant-role podrace registry",
        "auth enable",
      ]) {
        const { code, stderr } = await run(command.split(" "));
        expect([command, code, stderr]).toEqual([command, 0, ""]);
      }
      return () => server.close();
    });

    test("lets in who knows it", async () => {
      const user = { name: "podrace", password: "pass" };
      expect(await tried({ endpoints: [server.url], user })).toEqual(["a"]);
    });

    test("keeps a cluster of a podrace that knows it, and may write below /registry/", async () => {
      const environment = { PODRACE_ETCD: server.url, PODRACE_ETCD_USER: "podrace:pass" };
      await comesUp([], environment);
      const wrong = ["up", "--port", "0", "--etcd-user", "podrace:wrong"];
      const { exitCode, stderr } = await podrace(wrong, { env: environment });
      expect(exitCode).toBe(2);
      expect(stderr).toContain(
        `error: --etcd: etcd at ${server.url}: etcdserver: authentication failed, invalid user ID or password`,
      );
    });

    test("does not let in who does not", async () => {
      const user = { name: "podrace", password: "wrong" };
      await expect(tried({ endpoints: [server.url], user })).rejects.toThrow(
        "etcdserver: authentication failed, invalid user ID or password",
      );
      await expect(tried({ endpoints: [server.url] })).rejects.toThrow("user name is empty");
    });

    test("lets nobody do what he may not, and says so to a watch, too", async () => {
      const user = { name: "podrace", password: "pass" };
      const store = await openEtcdStore({ codec, stamp, endpoints: [server.url], user });
      await expect(new Client(store).put("elsewhere")).rejects.toThrow(
        "etcdserver: permission denied",
      );
      const refusal = await new Promise<Error>((resolve, reject) => {
        store.watch({
          prefix: "elsewhere",
          afterRevision: 1,
          onChanges: () => reject(new Error("changes")),
          onCompacted: () => reject(new Error("compacted")),
          onError: resolve,
        });
      });
      await answerOf((done) => store.close(done));

      expect(refusal.message).toContain("permission denied");
    });

    test("hands out a new login when the old one is over", async () => {
      const user = { name: "podrace", password: "pass" };
      const store = await openEtcdStore({ codec, stamp, endpoints: [server.url], user });
      const client = new Client(store);
      await client.put("/registry/a");
      await server.kill();
      await server.start();

      expect(await client.texts({ key: "/registry/a" })).toEqual(["/registry/a"]);
      await answerOf((done) => store.close(done));
    });
  },
);

describe.skipIf(etcdctlSkipReason !== undefined)(`etcd's door with TLS${ctlTitle}`, () => {
  test("lets in who has a certificate of its authority, and nobody else", async () => {
    const door = await openEtcdDoor({
      store: new MemoryStore<Stamped>(stamp, { codec }),
      codec,
      submit: (handle) => handle(),
      tls: {
        caPem: authority.certificatePem,
        certificatePem: serving.certificatePem,
        keyPem: serving.privateKeyPem,
      },
    });
    const flags = ["--cacert", file("ca.pem"), "--command-timeout=2s", "--dial-timeout=1s"];
    const own = ["--cert", file("client.pem"), "--key", file("client.key")];
    const allowed = etcdctlAt(`127.0.0.1:${door.port}`, [...flags, ...own]);
    const stranger = etcdctlAt(`127.0.0.1:${door.port}`, flags);

    expect((await allowed.run(["put", "a", "b"])).stdout).toBe("OK\n");
    expect((await stranger.run(["get", "a"])).code).not.toBe(0);
    door.close();
  });
});
