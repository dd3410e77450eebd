import type { HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import {
  type HttpListener,
  listen,
  type ListenOptions,
} from "../control-plane/apiserver/http/http-listener.ts";
import { kinds } from "../control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../control-plane/apiserver/stored/stored-codec.ts";
import { type EtcdDoor, openEtcdDoor } from "../control-plane/store/etcd/door/etcd-door.ts";
import { unguarded } from "../kernel/handling.ts";
import { Pacer } from "../kernel/pacer.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { adminHandler } from "./admin-handler.ts";
import { etcd } from "./api-servers.ts";
import { Checkpoints } from "./checkpoints.ts";
import { type Cluster, createCluster, type Layout } from "./cluster.ts";
import { type ClusterOptions, ClusterOptionsError } from "./cluster-options.ts";
import { Exchanges } from "./exchanges.ts";
import { InputLog } from "./input-log.ts";
import type { KeptState } from "./kept-state.ts";
import { type JournalWriter, journalVersion } from "./journal.ts";
import { comeToAMoment, endOf } from "./journal-end.ts";
import { type Credentials, issueCredentials } from "./pki/credentials.ts";
import { applyManifests, type StartManifest } from "./start-manifests.ts";
import { noSnapshots, takeSnapshot } from "./take-snapshot.ts";
import { podraceVersion } from "./version.ts";

export interface ServeOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** Plain HTTP, where everybody is an administrator. Default false. */
  readonly plainHttp?: boolean;
  /** Virtual seconds a real second: 1 is live, 0 paused, `Infinity` as fast as it goes. Default 1. */
  readonly speed?: number;
  /**
   * Where etcd's door listens, so that `etcdctl` sees the store; 0 for any free port. Default: none.
   * What comes in there cannot be recorded.
   */
  readonly etcdPort?: number;
  /** Where everything that comes from outside is written, to be replayed. */
  readonly journal?: JournalWriter;
  /** Whether requests that would change something are refused. Default false. */
  readonly isReadOnly?: boolean;
}

export interface LiveClusterOptions extends ClusterOptions, ServeOptions {
  /** Whether facts go into the journal, too, so that a replay can name one it differs by. Default false. */
  readonly recordsFacts?: boolean;
  /** What the cluster starts with, once its nodes are ready: namespaces first, then in this order. */
  readonly manifests?: readonly StartManifest[];
  /** Where its state is kept; closed with the cluster. It cannot be recorded then. Default: in memory. */
  readonly data?: KeptState;
  /** See `Layout`. It has no nodes then. Default false. */
  readonly servesOnly?: boolean;
}

/** What a session has behind it, and where it is kept. */
export interface Session {
  readonly checkpoints?: Checkpoints | undefined;
  /** For snapshots; absent where there are none. */
  readonly log?: InputLog;
  /** Requests that are in the journal already. Default 0. */
  readonly requestsBefore?: number;
  /** Applied before anybody can reach the cluster. Default none. */
  readonly manifests?: readonly StartManifest[];
}

/** What a client needs to reach the cluster. */
export interface ClusterAddress {
  /** E.g. `https://127.0.0.1:6443`. */
  readonly server: string;
  /** Etcd's door, e.g. `https://127.0.0.1:2379`, for the same certificates; absent without one. */
  readonly etcd?: string;
  /** PEM; absent over plain HTTP. */
  readonly authorityPem?: string;
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
}

const defaultHost = "127.0.0.1";

/** How long nodes may take to become ready, µs of virtual time. */
const bootLimitUs = 120_000_000;

/** A cluster that clients reach over HTTP while its time passes. */
export class LiveCluster {
  readonly cluster: Cluster;
  /** Of the first API server. */
  readonly address: ClusterAddress;
  /** Of every API server, e.g. `https://127.0.0.1:6443`, in their order. */
  readonly addresses: readonly string[];
  readonly #pacer: Pacer;
  readonly #listeners: readonly HttpListener[];
  readonly #etcdDoor: EtcdDoor | undefined;
  readonly #failed: Promise<Error>;
  readonly #exchanges: Exchanges;
  readonly #journal: JournalWriter | undefined;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #takeSnapshot: () => Promise<Uint8Array>;
  #hasFailed = false;
  #stopped: Promise<void> | undefined;

  /** Use `startLiveCluster`. */
  constructor(parts: {
    readonly cluster: Cluster;
    readonly address: ClusterAddress;
    readonly addresses: readonly string[];
    readonly pacer: Pacer;
    readonly listeners: readonly HttpListener[];
    readonly etcdDoor: EtcdDoor | undefined;
    readonly failed: Promise<Error>;
    readonly exchanges: Exchanges;
    readonly journal: JournalWriter | undefined;
    readonly checkpoints: Checkpoints | undefined;
    readonly takeSnapshot: () => Promise<Uint8Array>;
  }) {
    this.cluster = parts.cluster;
    this.address = parts.address;
    this.#pacer = parts.pacer;
    this.addresses = parts.addresses;
    this.#listeners = parts.listeners;
    this.#etcdDoor = parts.etcdDoor;
    this.#failed = parts.failed;
    this.#exchanges = parts.exchanges;
    this.#journal = parts.journal;
    this.#checkpoints = parts.checkpoints;
    this.#takeSnapshot = parts.takeSnapshot;
    void this.#failed.then(() => (this.#hasFailed = true));
  }

  /**
   * Settles when the simulation cannot go on: a thread died or is stuck, an invariant is broken (a
   * `RunError` says where), or what comes in cannot be recorded any more. Clients are cut off.
   */
  get failed(): Promise<Error> {
    return this.#failed;
  }

  /**
   * The cluster at this moment, for `restoreLiveCluster`: time stands still until it is taken.
   *
   * @throws {ApiError} If more came into this session than is kept, or nothing of it is.
   */
  snapshot(): Promise<Uint8Array> {
    return this.#takeSnapshot();
  }

  /** Stops time, closes the ports and ends the threads. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#etcdDoor?.close();
    await closeAll(this.#listeners);
    await this.#pacer.stop();
    this.#exchanges.close();
    try {
      if (this.#journal !== undefined && !this.#hasFailed) await this.#recordEnd(this.#journal);
    } finally {
      await this.cluster.close();
    }
  }

  async #recordEnd(journal: JournalWriter): Promise<void> {
    const at = await comeToAMoment(this.cluster, this.#exchanges.lastInputUs);
    this.#checkpoints?.write(at);
    journal.write({ at, end: await endOf(this.cluster) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a cluster whose time passes by the wall clock. Its nodes are ready when this settles.
 *
 * @throws {ClusterOptionsError} For an option with a value it cannot have.
 * @throws {ManifestError} For a manifest that the cluster refuses.
 * @throws The listening error, e.g. `EADDRINUSE`.
 */
export async function startLiveCluster(options: LiveClusterOptions = {}): Promise<LiveCluster> {
  if (options.etcdPort !== undefined && options.journal !== undefined) {
    throw new ClusterOptionsError(
      "etcdPort",
      "absent when a session is recorded",
      options.etcdPort,
    );
  }
  requireSpeed(options.speed);
  const { data } = options;
  if (data !== undefined && options.journal !== undefined) {
    throw new ClusterOptionsError("journal", "absent with data", data.place, notReplayable);
  }
  const credentials =
    options.plainHttp === true ? undefined : await issueCredentials(options.host ?? defaultHost);
  const cluster = await createOrClose(
    {
      startUs: wallClock.nowUs(),
      ...(credentials !== undefined && { caPem: credentials.ca }),
      ...options,
      ...(options.servesOnly === true && { nodes: 0, pools: [], threads: 0 }),
    },
    {
      ...(data !== undefined && { data }),
      ...(options.servesOnly !== undefined && { servesOnly: options.servesOnly }),
    },
  );
  const { journal, recordsFacts = false } = options;
  journal?.write({ journal: journalVersion, podrace: podraceVersion, options: cluster.options });
  const checkpoints = journal && new Checkpoints(cluster, journal, recordsFacts);
  try {
    // A cluster starts as fast as it can; only then does its time pass by the clock.
    await cluster.advanceUntil(() => cluster.isReady, bootLimitUs);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return serve(cluster, credentials, options, {
    checkpoints,
    ...(options.etcdPort === undefined &&
      data === undefined && { log: new InputLog(cluster.options) }),
    manifests: options.manifests ?? [],
  });
}

/**
 * Lets clients reach a cluster that exists, e.g. a replayed one; its time passes from where it is.
 *
 * @throws The listening error, e.g. `EADDRINUSE`.
 */
export async function serveCluster(
  cluster: Cluster,
  options: ServeOptions,
  session: Session = {},
): Promise<LiveCluster> {
  const credentials =
    options.plainHttp === true ? undefined : await issueCredentials(options.host ?? defaultHost);
  return serve(cluster, credentials, options, session);
}

/** @throws {ClusterOptionsError} */
export function requireSpeed(speed = 1): void {
  if (!(speed >= 0)) throw new ClusterOptionsError("speed", "a number from 0", speed);
}

async function serve(
  cluster: Cluster,
  credentials: Credentials | undefined,
  options: ServeOptions,
  { checkpoints, log, requestsBefore = 0, manifests = [] }: Session,
): Promise<LiveCluster> {
  const { host = defaultHost, port = 0, speed = 1, journal, isReadOnly = false } = options;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => void (fail = resolve));
  const onFailure = (error: unknown): void =>
    fail(error instanceof Error ? error : new Error(String(error)));
  // Time stands still until clients can come.
  const pacer = new Pacer({ simulation: cluster.simulation, wallClock, speed: 0, onFailure });
  cluster.data?.submitThrough(etcd, (to, handle) => pacer.submit(to, handle));
  const exchanges = new Exchanges(cluster, pacer, {
    journal,
    log,
    requestsBefore,
    isReadOnly,
    onFailure,
  });
  const snapshot = async (): Promise<Uint8Array> => {
    if (log === undefined) throw noSnapshots(cluster);
    return takeSnapshot({ cluster, pacer, exchanges, log });
  };
  const authorities: string[] = [];
  const admin = adminHandler(cluster, pacer, snapshot, authorities);
  const listeners: HttpListener[] = [];
  let etcdDoor: EtcdDoor | undefined;
  try {
    if (manifests.length > 0) {
      exchanges.open(
        cluster.servers.map(() => host),
        admin,
      );
      await applyManifests(cluster, exchanges, manifests);
    }
    for (const index of cluster.servers.keys()) {
      const tls = credentials && {
        ca: credentials.ca,
        cert: credentials.cert,
        key: credentials.key,
      };
      const onGone = (request: HttpRequest): void => exchanges.gone(request);
      listeners.push(
        await listenNear({ host, port, tls, onGone }, index, (request, reply) =>
          exchanges.take(request, reply, index),
        ),
      );
    }
    if (options.etcdPort !== undefined) {
      etcdDoor = await openEtcdDoor({
        host,
        port: options.etcdPort,
        store: cluster.store,
        codec: storedCodecOf(kinds),
        clock: cluster.storeClock,
        submit: (handle) => exchanges.submit(handle),
        ...(credentials !== undefined && {
          tls: {
            caPem: credentials.ca,
            certificatePem: credentials.cert,
            keyPem: credentials.key,
          },
        }),
      });
    }
  } catch (error) {
    await closeAll(listeners);
    await cluster.close();
    throw error;
  }
  for (const listener of listeners) {
    authorities.push(`${host.includes(":") ? `[${host}]` : host}:${listener.port}`);
  }
  for (const [index, server] of cluster.servers.entries()) {
    server.observe({ crashed: () => unguarded(() => listeners[index]?.breakOff()) });
  }
  // Nobody answers any more: that clients get to know at once.
  void failed.then(async () => {
    etcdDoor?.close();
    await closeAll(listeners);
  });
  exchanges.open(authorities, admin);
  pacer.setSpeed(speed);
  pacer.start();
  const scheme = credentials === undefined ? "http" : "https";
  const addresses = authorities.map((authority) => `${scheme}://${authority}`);
  const server = addresses[0] as string;
  const door = etcdDoor && { etcd: etcdDoor.url };
  const address: ClusterAddress =
    credentials === undefined
      ? { server, ...door }
      : {
          ...door,
          server,
          authorityPem: credentials.ca,
          clientCertificatePem: credentials.clientCert,
          clientKeyPem: credentials.clientKey,
        };
  return new LiveCluster({
    cluster,
    address,
    addresses,
    pacer,
    listeners,
    etcdDoor,
    failed,
    exchanges,
    journal,
    checkpoints,
    takeSnapshot: snapshot,
  });
}

/** The first listens where it was told to, the others on the ports after it, or where there is room. */
async function listenNear(
  options: ListenOptions,
  index: number,
  take: Parameters<typeof listen>[1],
): Promise<HttpListener> {
  const { port } = options;
  if (index === 0 || port === 0) return listen(options, take);
  try {
    return await listen({ ...options, port: port + index }, take);
  } catch {
    return listen({ ...options, port: 0 }, take);
  }
}

async function closeAll(listeners: readonly HttpListener[]): Promise<void> {
  await Promise.all(listeners.map(async (listener) => listener.close()));
}

const notReplayable = ": a replay begins with an empty cluster";

async function createOrClose(options: ClusterOptions, layout: Layout): Promise<Cluster> {
  try {
    return await createCluster(options, layout);
  } catch (error) {
    await layout.data?.close();
    throw error;
  }
}
