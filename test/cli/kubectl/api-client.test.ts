import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ApiClient, type WatchEvent } from "../../../src/cli/kubectl/api-client.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

describe("the API client", () => {
  test("asks for the path below the server's, with its query, and says who it is", async () => {
    const { client, requests } = await aClient(
      (_request, response) => response.end("{}"),
      "/base/",
    );

    await client.json({
      method: "PATCH",
      path: "/api/v1/pods",
      query: { limit: "500", labelSelector: "a in (b,c)", empty: "", missing: undefined },
      contentType: "application/merge-patch+json",
      body: { a: "é" },
    });

    expect(requests).toEqual([
      {
        method: "PATCH",
        url: "/base/api/v1/pods?limit=500&labelSelector=a+in+%28b%2Cc%29",
        body: '{"a":"é"}',
        headers: expect.objectContaining({
          accept: "application/json",
          authorization: "Bearer secret",
          "content-length": "10",
          "content-type": "application/merge-patch+json",
          "user-agent": "test/1",
        }),
      },
    ]);
  });

  test("uses one connection for all its requests", async () => {
    const ports = new Set<number | undefined>();
    const { client } = await aClient((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });

    for (const path of ["/a", "/b", "/c"]) await client.json({ path });

    expect(ports.size).toBe(1);
  });

  test("passes on the server's warnings", async () => {
    const warnings = ['299 - "one \\"quoted\\""', '299 - "two"', '199 - "not ours"'];
    const { client, heard } = await aClient((_request, response) =>
      response.setHeader("warning", warnings).end("{}"),
    );

    await client.json({ path: "/" });

    expect(heard).toEqual(['one "quoted"', "two"]);
  });

  test("throws what the Status of an answer says", async () => {
    const status = {
      kind: "Status",
      message: 'pods "x" not found',
      reason: "NotFound",
      details: { name: "x", kind: "pods" },
      code: 404,
    };
    const { client } = await aClient((_request, response) =>
      response.writeHead(404).end(JSON.stringify(status)),
    );

    await expect(client.send({ path: "/api/v1/namespaces/d/pods/x" })).rejects.toMatchObject({
      name: "ApiError",
      message: 'pods "x" not found',
      reason: "NotFound",
      code: 404,
      details: { name: "x" },
    });
  });

  test.each([
    [
      503,
      "/api/v1/namespaces/d/pods",
      "ServiceUnavailable",
      "the server is currently unable to handle the request (get pods)",
    ],
    [
      404,
      "/apis/apps/v1/namespaces/d/deployments/web",
      "NotFound",
      "the server could not find the requested resource (get deployments.apps web)",
    ],
    [
      404,
      "/api/v1/namespaces/d",
      "NotFound",
      "the server could not find the requested resource (get namespaces d)",
    ],
    [
      500,
      "/version",
      "InternalError",
      'an error on the server ("oops") has prevented the request from succeeding',
    ],
    [
      418,
      "/version",
      "",
      "the server responded with the status code 418 but did not return more information",
    ],
  ])("makes sense of a bare %i for %s", async (code, path, reason, message) => {
    const { client } = await aClient((_request, response) =>
      response.writeHead(code).end("oops\n"),
    );

    await expect(client.send({ path })).rejects.toMatchObject({ reason, message, code });
  });

  test("comes back later when a busy server says when", async () => {
    let count = 0;
    const { client } = await aClient((_request, response) => {
      if (count++ > 0) response.end('"done"');
      else response.writeHead(429, { "retry-after": "0.001" }).end();
    });

    expect(await client.json({ path: "/" })).toBe("done");
  });

  test("says that nobody listens, in kubectl's words", async () => {
    const { client, server } = await aClient(() => {});
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");

    await expect(client.send({ path: "/" })).rejects.toThrow(
      `The connection to the server 127.0.0.1:${port} was refused - did you specify the right host or port?`,
    );
  });

  test("says when the server breaks off", async () => {
    const { client } = await aClient((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      response.destroy();
    });

    await expect(client.send({ path: "/" })).rejects.toThrow("Unable to connect to the server: ");
  });

  test("watches line by line, however the lines are cut, until the stream ends", async () => {
    const { client, requests } = await aClient(async (_request, response) => {
      for (const piece of [
        '{"type":"ADDED","obj',
        'ect":{"a":"é',
        '"}}\n{"type":"DELETED","object":1}\n',
      ]) {
        response.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });

    expect(await allOf(client.watch({ path: "/pods", query: { resourceVersion: "7" } }))).toEqual([
      { type: "ADDED", object: { a: "é" } },
      { type: "DELETED", object: 1 },
    ]);
    expect(requests[0]?.url).toBe("/pods?resourceVersion=7&watch=true");
  });

  test("ends a watch that is interrupted", async () => {
    const interrupt = new AbortController();
    const { client } = await aClient(
      (_request, response) => void response.write('{"type":"ADDED","object":1}\n'),
      "",
      interrupt.signal,
    );

    const watching = (async () => {
      for await (const _event of client.watch({ path: "/" })) interrupt.abort();
    })();

    await expect(watching).rejects.toMatchObject({ name: "AbortError" });
  });
});

interface Recorded {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function aClient(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  basePath = "",
  interrupted = new AbortController().signal,
) {
  const requests: Recorded[] = [];
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { headers, method, url } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const client = new ApiClient(
    () => ({
      contextName: "test",
      server: `http://127.0.0.1:${port}${basePath}`,
      namespace: "default",
      token: "secret",
      skipVerification: false,
    }),
    { userAgent: "test/1", interrupted, onWarning: (text) => heard.push(text) },
  );
  closing.push(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  return { client, heard, requests, server };
}

async function allOf(events: AsyncIterable<WatchEvent>): Promise<readonly WatchEvent[]> {
  const all: WatchEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
