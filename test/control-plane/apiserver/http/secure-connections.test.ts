import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { request } from "node:http";
import { connect as connectTls } from "node:tls";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../../../src/cluster/pki/certificates.ts";
import { type LiveCluster, startLiveCluster } from "../../../../src/cluster/live-cluster.ts";
import { ask, LiveServer, type Question, type Reply } from "./live-server.ts";

const pods = "/api/v1/namespaces/default/pods";
const megabytes = (count: number): string => "x".repeat(count * 1024 * 1024);

let live: LiveCluster;
beforeAll(async () => {
  live = await startLiveCluster({ nodes: 1, threads: 0 });
});
afterAll(() => live.stop());

describe("over TLS", () => {
  test("the administrator's certificate opens everything", async () => {
    const { code, json } = await askAs("administrator", { path: pods });

    expect([code, json.kind]).toEqual([200, "PodList"]);
  });

  test("nobody in particular may see what everybody may, and no more", async () => {
    for (const path of ["/healthz", "/livez", "/readyz", "/version"]) {
      expect((await askAs("anonymous", { path })).code, path).toBe(200);
    }
    const { code, json } = await askAs("anonymous", { path: "/apis" });
    expect(code).toBe(403);
    expect(json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'forbidden: User "system:anonymous" cannot get path "/apis"',
      reason: "Forbidden",
      details: {},
      code: 403,
    });
  });

  test.each<[Question, string, object]>([
    [
      { path: pods },
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
      { kind: "pods" },
    ],
    [
      { path: `${pods}?watch=true` },
      'pods is forbidden: User "system:anonymous" cannot watch resource "pods" in API group "" in the namespace "default"',
      { kind: "pods" },
    ],
    [
      { path: "/apis/coordination.k8s.io/v1/namespaces/default/leases/x" },
      'leases.coordination.k8s.io "x" is forbidden: User "system:anonymous" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "default"',
      { name: "x", group: "coordination.k8s.io", kind: "leases" },
    ],
    [
      { path: "/api/v1/nodes" },
      'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope',
      { kind: "nodes" },
    ],
    [
      { path: "/api/v1/namespaces/default/foos" },
      'foos is forbidden: User "system:anonymous" cannot list resource "foos" in API group "" in the namespace "default"',
      { kind: "foos" },
    ],
    [
      { method: "POST", path: pods, body: "{nope" },
      'pods is forbidden: User "system:anonymous" cannot create resource "pods" in API group "" in the namespace "default"',
      { kind: "pods" },
    ],
    [
      { method: "DELETE", path: pods },
      'pods is forbidden: User "system:anonymous" cannot deletecollection resource "pods" in API group "" in the namespace "default"',
      { kind: "pods" },
    ],
    [
      { method: "PATCH", path: `${pods}/x/status`, body: "nope" },
      'pods "x" is forbidden: User "system:anonymous" cannot patch resource "pods/status" in API group "" in the namespace "default"',
      { name: "x", kind: "pods" },
    ],
  ])("nobody in particular may touch an object: %j", async (question, message, details) => {
    const { code, json } = await askAs("anonymous", question);

    expect(code).toBe(403);
    expect(json).toMatchObject({ reason: "Forbidden", message, details });
  });

  test("a token is nobody's, since none were handed out", async () => {
    const headers = { authorization: "Bearer bad" };
    const { code, text } = await askAs("anonymous", { path: "/version", headers });

    expect(code).toBe(401);
    expect(text.trimEnd()).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}',
    );
  });

  test("a certificate of another authority is nobody's", async () => {
    const other = await createCertificateAuthority();
    const { certificatePem, privateKeyPem } = await other.issueClient({
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
    });
    const { server, authorityPem = "" } = live.address;

    const { code, json } = await ask(
      server,
      { path: pods },
      { ca: authorityPem, cert: certificatePem, key: privateKeyPem },
    );

    expect(code).toBe(403);
    expect(json.message).toContain('User "system:anonymous"');
  });

  test("a client that breaks off its handshake disturbs nobody", async () => {
    const { port } = new URL(live.address.server);
    const socket = connectTls({ port: Number(port), rejectUnauthorized: false });
    socket.on("error", () => {});
    socket.destroy();
    const plain = request({ port: Number(port), path: "/" });
    plain.on("error", () => {});
    plain.end();

    expect((await askAs("administrator", { path: "/readyz" })).text).toBe("ok");
  });
});

describe("over HTTP/2", () => {
  test("who somebody is and what they get are the same", async () => {
    const admin = session("administrator");
    const nobody = session("anonymous");
    try {
      const list = await askHttp2(admin, { path: pods });
      expect([list.code, list.json.kind]).toEqual([200, "PodList"]);
      expect(list.headers["content-type"]).toBe("application/json");
      expect(list.headers["connection"]).toBeUndefined();

      expect((await askHttp2(nobody, { path: pods })).code).toBe(403);
      expect((await askHttp2(nobody, { path: "/version" })).code).toBe(200);
    } finally {
      admin.close();
      nobody.close();
    }
  });

  test("many requests share a connection, and a watch among them goes on", async () => {
    const http2 = session("administrator");
    try {
      const configMaps = "/api/v1/namespaces/default/configmaps";
      const path = `${configMaps}?watch=true&timeoutSeconds=2&labelSelector=h2`;
      const watch = askHttp2(http2, { path });
      const made = await Promise.all(
        Array.from({ length: 20 }, (_none, n) =>
          askHttp2(http2, {
            method: "POST",
            path: configMaps,
            body: { metadata: { name: `h2-${n}`, labels: { h2: "" } } },
          }),
        ),
      );
      expect(made.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, () => 201));

      const lines = (await watch).text.trimEnd().split("\n");
      expect(lines).toHaveLength(20);
    } finally {
      http2.close();
    }
  });

  test("warnings, heads and unchanged documents need no special care", async () => {
    const http2 = session("administrator");
    try {
      const warned = await askHttp2(http2, {
        method: "POST",
        path: "/api/v1/namespaces/default/configmaps?dryRun=All",
        body: { metadata: { name: "x" }, 日本: 1 },
      });
      const bytes = Buffer.from(String(warned.headers["warning"]), "latin1");
      expect(bytes.toString()).toBe('299 - "unknown field \\"日本\\""');

      const head = await askHttp2(http2, { method: "HEAD", path: "/version" });
      expect([head.code, head.text]).toEqual([200, ""]);
    } finally {
      http2.close();
    }
  });
});

describe("a body of 10 MB", () => {
  const tooLarge = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Request entity too large: limit is 3145728",
    reason: "RequestEntityTooLarge",
    code: 413,
  };
  const question = { method: "POST", path: pods, body: { metadata: { name: megabytes(10) } } };

  test("is refused over HTTP/1.1, and the connection goes on", async () => {
    const { code, json } = await askAs("administrator", question);

    expect([code, json]).toEqual([413, tooLarge]);
    expect((await askAs("administrator", { path: "/readyz" })).text).toBe("ok");
  });

  test("is refused over plain HTTP, and the connection goes on", async () => {
    const plain = await LiveServer.start();
    try {
      const { code, json } = await plain.ask(question);

      expect([code, json]).toEqual([413, tooLarge]);
      expect(await plain.isWell()).toBe(true);
    } finally {
      await plain.stop();
    }
  });

  test("is refused over HTTP/2, and the connection goes on", async () => {
    const http2 = session("administrator");
    try {
      const { code, json } = await askHttp2(http2, question);

      expect([code, json]).toEqual([413, tooLarge]);
      expect((await askHttp2(http2, { path: "/readyz" })).text).toBe("ok");
    } finally {
      http2.close();
    }
  });

  test("is refused before anybody looks who sends it, and is not kept", async () => {
    expect((await askAs("anonymous", question)).code).toBe(413);
  });

  test("of which the client breaks off is forgotten", async () => {
    const { port } = new URL(live.address.server);
    const socket = connectTls({ port: Number(port), rejectUnauthorized: false });
    await once(socket, "secureConnect");
    socket.write(`POST ${pods} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n{`);
    socket.destroy();

    expect((await askAs("administrator", { path: "/readyz" })).text).toBe("ok");
  });

  test("may be three megabytes", async () => {
    const body = { metadata: { name: "large", annotations: { a: megabytes(2) } } };
    const { code, json } = await askAs("administrator", { method: "POST", path: pods, body });

    expect(code).toBe(422);
    expect(json.message).toContain("metadata.annotations: Too long");
  });
});

type Caller = "administrator" | "anonymous";

function credentials(caller: Caller): { ca: string; cert?: string; key?: string } {
  const { authorityPem = "", clientCertificatePem = "", clientKeyPem = "" } = live.address;
  const ca = { ca: authorityPem };
  return caller === "anonymous" ? ca : { ...ca, cert: clientCertificatePem, key: clientKeyPem };
}

function askAs(caller: Caller, question: Question): Promise<Reply> {
  return ask(live.address.server, question, credentials(caller));
}

function session(caller: Caller): ClientHttp2Session {
  return connect(live.address.server, credentials(caller));
}

interface Http2Reply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

function askHttp2(http2: ClientHttp2Session, question: Question): Promise<Http2Reply> {
  const { method = "GET", path, headers = {}, body } = question;
  const sent = typeof body === "object" ? JSON.stringify(body) : body;
  return new Promise((resolve, reject) => {
    const stream = http2.request({ ":method": method, ":path": path, ...headers });
    let received: IncomingHttpHeaders = {};
    let text = "";
    stream.setEncoding("utf8");
    stream.on("response", (head) => (received = head));
    stream.on("data", (chunk: string) => (text += chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      const code = Number(received[":status"]);
      resolve({
        code,
        headers: received,
        text,
        get json() {
          return JSON.parse(text) as unknown;
        },
      });
    });
    stream.end(sent);
  });
}
