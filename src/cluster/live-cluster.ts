import { HttpDoor } from "../control-plane/apiserver/http/http-door.ts";
import { type HttpListener, listen } from "../control-plane/apiserver/http/http-listener.ts";
import type { HttpReply, HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import { Pacer } from "../kernel/pacer.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { adminHandler } from "./admin-handler.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { administrator, createCertificateAuthority } from "./pki/certificates.ts";
import { versionInfo } from "./version.ts";

export interface LiveClusterOptions extends ClusterOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** Plain HTTP, where everybody is an administrator. Default false. */
  readonly plainHttp?: boolean;
  /** Virtual seconds a real second: 1 is live, 0 paused, `Infinity` as fast as it goes. Default 1. */
  readonly speed?: number;
}

/** What a client needs to reach the cluster. */
export interface ClusterAddress {
  /** E.g. `https://127.0.0.1:6443`. */
  readonly server: string;
  /** PEM; absent over plain HTTP. */
  readonly authorityPem?: string;
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
}

/** How long nodes may take to become ready, µs of virtual time. */
const bootLimitUs = 120_000_000;

/** A cluster that clients reach over HTTP while its time passes. */
export class LiveCluster {
  readonly cluster: Cluster;
  readonly address: ClusterAddress;
  readonly #pacer: Pacer;
  readonly #listener: HttpListener;
  readonly #failed: Promise<Error>;

  /** Use `startLiveCluster`. */
  constructor(parts: {
    readonly cluster: Cluster;
    readonly address: ClusterAddress;
    readonly pacer: Pacer;
    readonly listener: HttpListener;
    readonly failed: Promise<Error>;
  }) {
    this.cluster = parts.cluster;
    this.address = parts.address;
    this.#pacer = parts.pacer;
    this.#listener = parts.listener;
    this.#failed = parts.failed;
  }

  /** Settles when the simulation cannot go on: a thread died, or an invariant is broken. */
  get failed(): Promise<Error> {
    return this.#failed;
  }

  /** Stops time, closes the port and ends the threads. */
  async stop(): Promise<void> {
    await this.#listener.close();
    await this.#pacer.stop();
    await this.cluster.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a cluster whose time passes by the wall clock. Its nodes are ready when this settles.
 *
 * @throws {ClusterOptionsError} For an option with a value it cannot have.
 * @throws The listening error, e.g. `EADDRINUSE`.
 */
export async function startLiveCluster(options: LiveClusterOptions = {}): Promise<LiveCluster> {
  const { host = "127.0.0.1", port = 0, plainHttp = false, speed = 1 } = options;
  const credentials = plainHttp ? undefined : await issueCredentials(host);
  const cluster = await createCluster({
    startUs: wallClock.nowUs(),
    ...(credentials !== undefined && { caPem: credentials.ca }),
    ...options,
  });
  let listener: HttpListener | undefined;
  try {
    // A cluster starts as fast as it can; only then does its time pass by the clock.
    await cluster.advanceUntil(() => cluster.isReady, bootLimitUs);
    let fail: (error: Error) => void = () => {};
    const failed = new Promise<Error>((resolve) => void (fail = resolve));
    const pacer = new Pacer({
      simulation: cluster.simulation,
      wallClock,
      speed,
      onFailure: (error) => fail(error instanceof Error ? error : new Error(String(error))),
    });
    const exchanges = new Exchanges(cluster, pacer);
    listener = await listen(
      {
        host,
        port,
        tls: credentials && { ca: credentials.ca, cert: credentials.cert, key: credentials.key },
        onGone: (request) => exchanges.gone(request),
      },
      (request, reply) => exchanges.take(request, reply),
    );
    const authority = `${host.includes(":") ? `[${host}]` : host}:${listener.port}`;
    exchanges.open(authority);
    pacer.start();
    const address: ClusterAddress =
      credentials === undefined
        ? { server: `http://${authority}` }
        : {
            server: `https://${authority}`,
            authorityPem: credentials.ca,
            clientCertificatePem: credentials.clientCert,
            clientKeyPem: credentials.clientKey,
          };
    return new LiveCluster({ cluster, address, pacer, listener, failed });
  } catch (error) {
    await listener?.close();
    await cluster.close();
    throw error;
  }
}

/** Requests on their way through the simulation, and how to end those that go on. */
class Exchanges {
  readonly #cluster: Cluster;
  readonly #pacer: Pacer;
  readonly #ends = new Map<HttpRequest, () => void>();
  #door: HttpDoor | undefined;

  constructor(cluster: Cluster, pacer: Pacer) {
    this.#cluster = cluster;
    this.#pacer = pacer;
  }

  open(serverAddress: string): void {
    this.#door = new HttpDoor({
      server: this.#cluster.server,
      version: versionInfo,
      serverAddress,
      admin: adminHandler(this.#cluster, this.#pacer),
    });
  }

  take(request: HttpRequest, reply: HttpReply): void {
    this.#pacer.submit(this.#cluster.server.actor, () => {
      const end = this.#door?.handle(request, reply);
      if (end !== undefined) this.#ends.set(request, end);
    });
  }

  gone(request: HttpRequest): void {
    this.#pacer.submit(this.#cluster.server.actor, () => {
      this.#ends.get(request)?.();
      this.#ends.delete(request);
    });
  }
}

interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

async function issueCredentials(host: string): Promise<Credentials> {
  const authority = await createCertificateAuthority();
  const serving = await authority.issueServing([host]);
  const client = await authority.issueClient(administrator);
  return {
    ca: authority.certificatePem,
    cert: serving.certificatePem,
    key: serving.privateKeyPem,
    clientCert: client.certificatePem,
    clientKey: client.privateKeyPem,
  };
}
