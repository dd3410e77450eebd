import {
  createServer as createPlainServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { isApiError, requestEntityTooLarge } from "../../../api/errors.ts";
import type { UserInfo } from "../request.ts";
import { Connections } from "./connections.ts";
import { type Headers, type HttpReply, type HttpRequest, isForPodrace } from "./exchange.ts";
import { sendError } from "./refuse.ts";

/** The largest body taken. @see kubernetes `apiserver/pkg/server/config.go`: `MaxRequestBodyBytes` */
const bodyBytesMax = 3 * 1024 * 1024;

/** What is read of a body that is refused, bytes; who sends more is cut off. */
const refusedBytesMax = 64 * 1024 * 1024;

/** What a watcher may have unread before it is cut off, as an API server would, bytes. */
const unreadBytesMax = 64 * 1024 * 1024;

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Absent for plain HTTP, where everybody is an administrator. */
  readonly tls: TlsFiles | undefined;
  readonly onGone: (request: HttpRequest) => void;
}

/** Takes a request in; returns what to do when its client goes away. */
export type OnRequest = (request: HttpRequest, reply: HttpReply) => void;

export interface HttpListener {
  readonly port: number;
  /** Breaks all connections, but for those over which podrace itself is being asked something. */
  breakOff(): void;
  close(): Promise<void>;
}

/**
 * The real sockets: HTTP/2 and HTTP/1.1 on one port, over TLS, or plain when no certificate is
 * given. Bodies are read here, so that what enters the simulation is whole.
 *
 * @param onRequest Called with each request; `reply` may be answered at any later time.
 * @throws The listening error, e.g. `EADDRINUSE`.
 */
export async function listen(options: ListenOptions, onRequest: OnRequest): Promise<HttpListener> {
  const { tls } = options;
  const connections = new Connections();
  const take = (request: AnyRequest, response: AnyResponse): void => {
    const { socket, url = "" } = request;
    if (isForPodrace({ url })) response.once("close", connections.spare(socket));
    const reply = replyTo(response, () => connections.isSpared(socket));
    void answer(request, response, reply, tls !== undefined, options.onGone, onRequest);
  };
  const server =
    tls === undefined
      ? createPlainServer(take as (request: IncomingMessage, response: ServerResponse) => void)
      : secureServer(tls, take);
  server.on("connection", (socket: Socket) => connections.remember(socket));
  server.on("secureConnection", (socket: Socket) => connections.remember(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    breakOff: () => connections.breakOff(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        connections.destroyAll();
      }),
  };
}

function secureServer(
  { ca, cert, key }: TlsFiles,
  take: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  const server = createSecureServer(
    {
      allowHTTP1: true,
      ca,
      cert,
      key,
      requestCert: true,
      rejectUnauthorized: false,
      // As kube-apiserver allows; a watch is a stream that stays.
      settings: { maxConcurrentStreams: 250 },
      maxSessionMemory: 256,
    },
    take,
  );
  // A client that breaks off is its own business, never the cluster's end.
  server.on("sessionError", () => {});
  server.on("clientError", (_error: Error, socket: Socket) => socket.destroy());
  server.on("tlsClientError", () => {});
  return server;
}

async function answer(
  request: AnyRequest,
  response: AnyResponse,
  reply: HttpReply,
  isSecure: boolean,
  onGone: (request: HttpRequest) => void,
  onRequest: OnRequest,
): Promise<void> {
  let body: Buffer;
  try {
    body = await readBody(request);
  } catch (error) {
    // Anything else is a client that broke off: there is nobody to answer.
    if (!isApiError(error)) return;
    return sendError(reply, error);
  }
  const taken: HttpRequest = {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers: plainHeaders(request.headers),
    body,
    user: isSecure ? identify(request) : administrator,
  };
  response.on("close", () => onGone(taken));
  onRequest(taken, reply);
}

/**
 * Settles as soon as it is known, but reads on: a client that still writes would never get to read
 * why its body is refused.
 *
 * @throws {ApiError} RequestEntityTooLarge
 */
function readBody(request: AnyRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) return void chunks.push(chunk);
      chunks.length = 0;
      reject(requestEntityTooLarge(`limit is ${bodyBytesMax}`));
      if (bytes > refusedBytesMax) request.destroy();
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the client broke off")));
  });
}

/** @param isSpared Whether others have an answer to come over the same connection, whatever happens. */
function replyTo(response: AnyResponse, isSpared: () => boolean): HttpReply {
  const isHttp2 = "stream" in response;
  const head = (code: number, headers: Headers): void => {
    const { connection: _connection, ...others } = headers;
    (response as ServerResponse).writeHead(code, isHttp2 ? others : headers);
  };
  return {
    send(code, headers, body) {
      if (response.writableEnded || response.destroyed) return;
      // An answer that has begun cannot become another: it breaks off.
      if (response.headersSent) return void response.end();
      // As bytes: of a string Node would write head and body in one encoding.
      const bytes = Buffer.from(body);
      const length = { "content-length": String(bytes.length) };
      head(code, code === 304 ? headers : { ...headers, ...length });
      response.end(bytes);
    },
    open(code, headers) {
      head(code, headers);
      // Clients wait for the head before they read: send it before the first event.
      if (!isHttp2) response.flushHeaders();
      return {
        write(chunk) {
          if (response.writableEnded || response.destroyed) return;
          (response as ServerResponse).write(chunk);
          if (unreadBytes(response) > unreadBytesMax) response.destroy();
        },
        end() {
          if (!response.writableEnded) response.end();
        },
      };
    },
    breakOff() {
      if (!("stream" in response)) response.destroy();
      else if (isSpared()) response.stream?.destroy();
      else response.stream?.session?.destroy();
    },
  };
}

/** `Http2ServerResponse` does not say how much is unread; its stream does. */
function unreadBytes(response: AnyResponse): number {
  return "stream" in response && response.stream !== undefined
    ? response.stream.writableLength
    : (response as ServerResponse).writableLength;
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !name.startsWith(":"))
      plain[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
}

const administrator: UserInfo = {
  username: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
};

const anonymous: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** The client certificate's subject; a bearer token is nobody's, since none were handed out. */
function identify(request: AnyRequest): UserInfo | undefined {
  const socket = request.socket as TLSSocket;
  if (socket.authorized) {
    const { subject } = socket.getPeerCertificate();
    const groups = subject?.O === undefined ? [] : [subject.O].flat();
    return { username: String(subject?.CN ?? ""), groups: [...groups, "system:authenticated"] };
  }
  return request.headers.authorization === undefined ? anonymous : undefined;
}
