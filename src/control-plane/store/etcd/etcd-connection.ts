import type * as Grpc from "@grpc/grpc-js";
import { wallClock } from "../../../kernel/wall-clock.ts";
import { StoreUnavailableError, UnknownOutcomeError } from "../store-errors.ts";
import { type EtcdEndpoint, type EtcdOptions, parseEndpoints } from "./etcd-options.ts";
import type { EtcdGrpc, EtcdServiceName } from "./grpc.ts";
import {
  grpcCode,
  isBeforehand,
  isLoggedOut,
  isPassing,
  WireError,
  type WireStatus,
} from "./wire-errors.ts";

/**
 * What may be done when an answer gets lost. A `read` is asked again, and so is a write that is
 * `repeatable`, since it does no harm twice. One that is not is sent `once`.
 */
export type CallKind = "read" | "repeatable" | "once";

export interface CallResult<R> {
  readonly response: R;
  /** Whether an answer got lost before, so that this may have been done already. */
  readonly wasRepeated: boolean;
}

/** A two-way stream of a connection. */
export interface EtcdStream<Q extends object, R> {
  write(message: Q): void;
  cancel(): void;
  /** To be set, as `onEnd`, before the next turn. */
  onMessage: (message: R) => void;
  /** Called once. */
  onEnd: (status: WireStatus) => void;
}

/**
 * The way to an etcd cluster: one member at a time, the next one when that fails. Requests wait for
 * a connection; what was sent and not answered is sent again only if that does no harm.
 */
export class EtcdConnection {
  readonly #library: EtcdGrpc;
  readonly #members: readonly Member[];
  readonly #user: EtcdOptions["user"];
  readonly #requestTimeoutMs: number;
  #current = 0;
  #token: string | undefined;
  #login: Promise<void> | undefined;
  #isClosed = false;

  /** @throws {StoreError} For an endpoint that is none, or a certificate that cannot be read. */
  constructor(library: EtcdGrpc, options: EtcdOptions) {
    this.#library = library;
    this.#user = options.user;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 10_000;
    this.#members = parseEndpoints(options).map((endpoint) => ({
      endpoint,
      client: createClient(library, endpoint, options),
    }));
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws {WireError} When etcd refuses.
   * @throws {StoreUnavailableError} When it was not reached in time, so that nothing was done.
   * @throws {UnknownOutcomeError} When it may have been done.
   */
  call<R>(
    service: EtcdServiceName,
    method: string,
    request: object,
    kind: CallKind,
  ): Promise<CallResult<R>> {
    return this.#persist(kind, async (member, deadlineMs) =>
      this.#unary<R>(member, service, method, request, deadlineMs),
    );
  }

  /**
   * Asks on a stream of its own, and waits for the first message that is an answer. It is sent
   * again when that gets lost.
   *
   * @throws As `call`.
   */
  async ask<Q extends object, R>(
    service: EtcdServiceName,
    method: string,
    request: Q,
    isAnswer: (message: R) => boolean = () => true,
  ): Promise<R> {
    const { response } = await this.#persist("read", async (member, deadlineMs) => {
      const stream = this.#open<Q, R>(member, service, method);
      return new Promise<R>((resolve, reject) => {
        const end = (settle: () => void): void => {
          takeBack();
          settle();
          stream.cancel();
        };
        const late = new WireError(grpcCode.deadlineExceeded, `${method} was not answered in time`);
        const takeBack = wallClock.wakeAfter(deadlineMs - nowMs(), () => end(() => reject(late)));
        stream.onMessage = (message) => {
          if (isAnswer(message)) end(() => resolve(message));
        };
        stream.onEnd = ({ code, details }) => end(() => reject(new WireError(code, details)));
        stream.write(request);
      });
    });
    return response;
  }

  /**
   * Opens a stream on the member in use.
   *
   * @throws {WireError} When there is no connection, or no login.
   */
  async stream<Q extends object, R>(
    service: EtcdServiceName,
    method: string,
  ): Promise<EtcdStream<Q, R>> {
    const giveUpMs = nowMs() + this.#requestTimeoutMs;
    await this.#requireLogin(giveUpMs);
    return this.#open(await this.#ready(giveUpMs), service, method);
  }

  /** Gives up what waits for a connection, when there is none; otherwise it goes on. */
  closeUnlessConnected(): void {
    const { READY } = this.#library.grpc.connectivityState;
    const isConnected = this.#members.some(
      ({ client }) => client.getChannel().getConnectivityState(false) === READY,
    );
    if (!isConnected) this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { client } of this.#members) client.close();
  }

  async #persist<R>(
    kind: CallKind,
    attempt: (member: Member, deadlineMs: number) => Promise<R>,
  ): Promise<CallResult<R>> {
    const giveUpMs = nowMs() + this.#requestTimeoutMs;
    let wasRepeated = false;
    for (let attempts = 0; ; attempts++) {
      let failure: WireStatus;
      let member: Member | undefined;
      try {
        await this.#requireLogin(giveUpMs);
        member = await this.#ready(giveUpMs);
        const leftMs = Math.max(giveUpMs - nowMs(), 1);
        // A member that is silent leaves time for the next one.
        const deadlineMs =
          kind === "once" ? giveUpMs : nowMs() + Math.max(leftMs / 2, attemptMsMin);
        return { response: await attempt(member, deadlineMs), wasRepeated };
      } catch (error) {
        failure = statusIn(error);
        if (isLoggedOut(failure) && this.#user !== undefined && attempts < loginsMax) {
          this.#token = undefined;
          continue;
        }
        if (!isPassing(failure)) throw wasRepeated ? new RepeatedError(failure) : error;
      }
      if (member !== undefined) this.#leave(member);
      if (!isBeforehand(failure) && kind !== "read") {
        if (kind === "once") throw new UnknownOutcomeError(failure.details);
        wasRepeated = true;
      }
      if (nowMs() >= giveUpMs || this.#isClosed) {
        throw wasRepeated
          ? new UnknownOutcomeError(failure.details)
          : new StoreUnavailableError(failure.details);
      }
      await pause(Math.min(pauseMs * 2 ** attempts, pauseMsMax));
    }
  }

  #open<Q extends object, R>(
    member: Member,
    service: EtcdServiceName,
    method: string,
  ): EtcdStream<Q, R> {
    const { path, requestSerialize, responseDeserialize } = this.#method(service, method);
    const metadata = this.#metadata();
    // A member without a leader would be silent, and look fine.
    metadata.set("hasleader", "true");
    const call = member.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    const stream: EtcdStream<Q, R> = {
      write: (message) => void call.write(message),
      cancel: () => call.cancel(),
      onMessage: () => {},
      onEnd: () => {},
    };
    let hasEnded = false;
    const end = (status: WireStatus): void => {
      if (hasEnded) return;
      hasEnded = true;
      if (isLoggedOut(status)) this.#token = undefined;
      if (status.code !== grpcCode.cancelled && isPassing(status)) this.#leave(member);
      stream.onEnd(status);
    };
    call.on("data", (message) => stream.onMessage(message as R));
    call.on("error", (error) => end(statusIn(error)));
    call.on("end", () => end({ code: grpcCode.unavailable, details: "the stream ended" }));
    return stream;
  }

  /** A member that is connected: the current one, or else the next that can be reached. */
  async #ready(giveUpMs: number): Promise<Member> {
    for (let tries = 0; !this.#isClosed; tries++) {
      const member = this.#members[this.#current] as Member;
      const { READY } = this.#library.grpc.connectivityState;
      if (member.client.getChannel().getConnectivityState(true) === READY) return member;
      const untilMs = Math.min(giveUpMs, nowMs() + connectMsMax);
      try {
        await new Promise<void>((resolve, reject) => {
          member.client.waitForReady(untilMs, (error) =>
            error === undefined ? resolve() : reject(error),
          );
        });
        return member;
      } catch {
        this.#leave(member);
      }
      if (nowMs() >= giveUpMs) break;
    }
    const urls = this.#members.map(({ endpoint }) => endpoint.url).join(", ");
    throw new WireError(grpcCode.unavailable, `No connection established to etcd at ${urls}`);
  }

  #leave(member: Member): void {
    if (this.#members[this.#current] !== member) return;
    this.#current = (this.#current + 1) % this.#members.length;
  }

  /** Everybody who has no token waits for the same login. */
  async #requireLogin(giveUpMs: number): Promise<void> {
    if (this.#user === undefined || this.#token !== undefined) return;
    this.#login ??= this.#authenticate(giveUpMs).finally(() => (this.#login = undefined));
    await this.#login;
  }

  async #authenticate(giveUpMs: number): Promise<void> {
    const member = await this.#ready(giveUpMs);
    try {
      const request = this.#user as object;
      const { token } = await this.#unary<{ readonly token: string }>(
        member,
        "Auth",
        "Authenticate",
        request,
        giveUpMs,
      );
      this.#token = token;
    } catch (error) {
      const { details } = statusIn(error);
      if (details !== "etcdserver: authentication is not enabled") {
        this.#leave(member);
        throw error;
      }
      this.#token = "";
    }
  }

  #unary<R>(
    { client }: Member,
    service: EtcdServiceName,
    name: string,
    request: object,
    deadlineMs: number,
  ): Promise<R> {
    const { path, requestSerialize, responseDeserialize } = this.#method(service, name);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata(),
        { deadline: deadlineMs },
        (error, response) => {
          if (error === null) resolve(response as R);
          else reject(new WireError(error.code, error.details));
        },
      );
    });
  }

  #metadata(): Grpc.Metadata {
    const metadata = new this.#library.grpc.Metadata();
    if (this.#token) metadata.set("token", this.#token);
    return metadata;
  }

  #method(service: EtcdServiceName, name: string): Grpc.MethodDefinition<object, object> {
    return this.#library.services[service][name] as Grpc.MethodDefinition<object, object>;
  }
}

/** A refusal of what was sent before without an answer: that may have been done. */
export class RepeatedError extends UnknownOutcomeError {
  readonly status: WireStatus;

  constructor(status: WireStatus) {
    super(status.details);
    this.status = status;
  }
}

/** Waits outside the simulation. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void wallClock.wakeAfter(ms, resolve));
}

interface Member {
  readonly endpoint: EtcdEndpoint;
  readonly client: Grpc.Client;
}

const loginsMax = 3;
const attemptMsMin = 500;
const pauseMs = 20;
const pauseMsMax = 500;
/** How long a member is waited for: then there may be another, or nobody to wait any more. */
const connectMsMax = 1_000;

function createClient(
  { grpc }: EtcdGrpc,
  { target, isSecure }: EtcdEndpoint,
  { tls = {} }: EtcdOptions,
): Grpc.Client {
  const pem = (text: string | undefined): Buffer | null =>
    text === undefined ? null : Buffer.from(text);
  const credentials = isSecure
    ? grpc.credentials.createSsl(pem(tls.caPem), pem(tls.keyPem), pem(tls.certificatePem))
    : grpc.credentials.createInsecure();
  return new grpc.Client(target, credentials, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1_000,
    // A connection that a router forgot is noticed. etcd refuses pings more often than each 5 s.
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
    // Two stores of one process are two clients.
    "grpc.use_local_subchannel_pool": 1,
  });
}

function nowMs(): number {
  return Math.floor(wallClock.nowUs() / 1_000);
}

function statusIn(error: unknown): WireStatus {
  if (error instanceof WireError) return error;
  const { code, details } = error as Partial<WireStatus>;
  if (typeof code === "number" && typeof details === "string") return { code, details };
  throw error;
}
