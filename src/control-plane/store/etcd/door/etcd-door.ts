import type * as Grpc from "@grpc/grpc-js";
import { type EtcdGrpc, loadEtcdGrpc } from "../grpc.ts";
import { grpcCode, statusOf } from "../wire-errors.ts";
import type {
  WireLease,
  WireLeaseResponse,
  WireWatchRequest,
  WireWatchResponse,
} from "../wire-messages.ts";
import type { DoorContext, Method, Reply } from "./door-context.ts";
import { createDoorKv } from "./door-kv.ts";
import { createDoorLease } from "./door-lease.ts";
import { createDoorMaintenance } from "./door-maintenance.ts";
import { DoorWatchStream } from "./door-watch.ts";

export interface EtcdDoorOptions<V> extends Omit<DoorContext<V>, "clock"> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** All PEM; clients must have a certificate that `caPem` signed. Without it: plain HTTP/2. */
  readonly tls?: {
    readonly caPem: string;
    readonly certificatePem: string;
    readonly keyPem: string;
  };
  /** For watches that want to hear something now and then; without it they do not. */
  readonly clock?: DoorContext<V>["clock"];
}

/**
 * A port at which a store speaks etcd's protocol, so that `etcdctl` and etcd's client libraries
 * work on it: KV, Watch, Lease, and what they ask of the rest. What cannot be done is
 * UNIMPLEMENTED.
 *
 * Keys are text: one that is not UTF-8 is refused. Their order differs from etcd's where a key has
 * characters beyond U+FFFF: here these come before U+E000.
 */
export class EtcdDoor {
  readonly port: number;
  /** E.g. `http://127.0.0.1:2379`. */
  readonly url: string;
  readonly #server: Grpc.Server;

  /** Use `openEtcdDoor`. */
  constructor(server: Grpc.Server, port: number, url: string) {
    this.#server = server;
    this.port = port;
    this.url = url;
  }

  /** Closes the port; what is under way is cut off. */
  close(): void {
    this.#server.forceShutdown();
  }
}

/** @throws The listening error, with `code` and `port`, e.g. `EADDRINUSE`. */
export async function openEtcdDoor<V>(options: EtcdDoorOptions<V>): Promise<EtcdDoor> {
  const { host = "127.0.0.1", port = 0, tls, clock } = options;
  const library = await loadEtcdGrpc();
  const authority = host.includes(":") ? `[${host}]` : host;
  const urlAt = (bound: number): string =>
    `${tls === undefined ? "http" : "https"}://${authority}:${bound}`;
  let boundPort = port;
  const context: DoorContext<V> = { ...options, clock };
  const server = createServer(library, context, () => urlAt(boundPort));
  const { ServerCredentials } = library.grpc;
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          Buffer.from(tls.caPem),
          [{ cert_chain: Buffer.from(tls.certificatePem), private_key: Buffer.from(tls.keyPem) }],
          true,
        );
  boundPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${authority}:${port}`, credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(listeningError(error, port)),
    );
  });
  return new EtcdDoor(server, boundPort, urlAt(boundPort));
}

function createServer<V>(
  { grpc, services }: EtcdGrpc,
  door: DoorContext<V>,
  url: () => string,
): Grpc.Server {
  const server = new grpc.Server({ "grpc.max_send_message_length": -1 });
  const { LeaseKeepAlive, ...lease } = createDoorLease(door);
  const maintenance = createDoorMaintenance(door, url);
  const { Status, Alarm, Defragment, MemberList, AuthStatus, Authenticate } = maintenance;
  server.addService(services.KV, unary(door, { ...createDoorKv(door) }));
  server.addService(services.Watch, { Watch: watchHandler(door) });
  server.addService(services.Lease, {
    ...unary(door, lease),
    LeaseKeepAlive: keepAliveHandler(door, LeaseKeepAlive),
  });
  server.addService(services.Maintenance, unary(door, { Status, Alarm, Defragment }));
  server.addService(services.Cluster, unary(door, { MemberList }));
  server.addService(services.Auth, unary(door, { AuthStatus, Authenticate }));
  return server;
}

/** Requests come in as inputs; one that is refused gets its status. */
function unary<V>(
  door: DoorContext<V>,
  methods: Readonly<Record<string, Method<never, object>>>,
): Grpc.UntypedServiceImplementation {
  const handlers = Object.entries(methods).map(([name, method]) => {
    const handler = (
      call: Grpc.ServerUnaryCall<never, object>,
      callback: Grpc.sendUnaryData<object>,
    ): void => {
      door.submit(() =>
        attempt(method, call.request, (error, response) => {
          if (error === undefined) callback(null, response);
          else callback(statusOf(error));
        }),
      );
    };
    return [name, handler] as const;
  });
  return Object.fromEntries(handlers) as unknown as Grpc.UntypedServiceImplementation;
}

function watchHandler<V>(
  door: DoorContext<V>,
): Grpc.handleBidiStreamingCall<WireWatchRequest, WireWatchResponse> {
  return (call) => {
    const stream = new DoorWatchStream(door, (response) => {
      call.write(response);
      if (call.writableLength <= responsesMax) return;
      stream.close();
      // Its client asks again from where it is.
      const details = "podrace: the client does not read what it watches";
      call.emit("error", { code: grpcCode.unavailable, details });
    });
    call.on("data", (request) => door.submit(() => stream.take(request)));
    call.on("cancelled", () => door.submit(() => stream.close()));
    call.on("end", () =>
      door.submit(() => {
        stream.close();
        call.end();
      }),
    );
  };
}

function keepAliveHandler<V>(
  door: DoorContext<V>,
  keepAlive: Method<WireLease, WireLeaseResponse>,
): Grpc.handleBidiStreamingCall<WireLease, WireLeaseResponse> {
  return (call) => {
    let unanswered = 0;
    let isEnding = false;
    call.on("data", (request) => {
      unanswered++;
      door.submit(() =>
        attempt(keepAlive, request, (error, response) => {
          unanswered--;
          if (error === undefined) call.write(response as WireLeaseResponse);
          else call.emit("error", statusOf(error));
          if (isEnding && unanswered === 0) call.end();
        }),
      );
    });
    call.on("end", () => {
      isEnding = true;
      if (unanswered === 0) call.end();
    });
  };
}

/** As Node.js itself would say it: the library has it in its text only. */
function listeningError(cause: Error, port: number): Error {
  const [message = cause.message, code] = /\blisten (E[A-Z]+)[^\]]*/.exec(cause.message) ?? [];
  return Object.assign(new Error(message, { cause }), { code, port });
}

function attempt<Q, R>(method: Method<Q, R>, request: Q, reply: Reply<R>): void {
  try {
    method(request, reply);
  } catch (refusal) {
    reply(refusal as Error);
  }
}

/** Messages that may wait for one watcher to read them. */
const responsesMax = 10_000;
