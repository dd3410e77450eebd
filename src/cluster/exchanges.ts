import { ApiError } from "../api/errors.ts";
import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import type { HttpReply, HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import { type AdminHandler, HttpDoor } from "../control-plane/apiserver/http/http-door.ts";
import { sendError } from "../control-plane/apiserver/http/refuse.ts";
import type { Pacer } from "../kernel/pacer.ts";
import type { ActorRef } from "../kernel/timeline.ts";
import { etcd } from "./api-servers.ts";
import type { Cluster } from "./cluster.ts";
import type { InputLog } from "./input-log.ts";
import { type JournalEntry, type JournalWriter, recordedRequest } from "./journal.ts";
import { recipientOf } from "./recipient.ts";
import { versionInfo } from "./version.ts";

/** Requests on their way through a live cluster: stamped, recorded, answered, and ended. */
export class Exchanges {
  readonly #cluster: Cluster;
  readonly #pacer: Pacer;
  readonly #journal: JournalWriter | undefined;
  readonly #log: InputLog | undefined;
  readonly #isReadOnly: boolean;
  readonly #onFailure: (error: unknown) => void;
  readonly #ends = new Map<HttpRequest, () => void>();
  /** Requests whose answer is not complete. */
  readonly #open = new Map<HttpRequest, OpenRequest>();
  #count: number;
  #lastInputUs = 0;
  #doors: readonly HttpDoor[] = [];
  #isClosed = false;
  /** What came in while time stands still; absent while it does not. */
  #held: (() => void)[] | undefined;

  constructor(
    cluster: Cluster,
    pacer: Pacer,
    options: {
      readonly journal: JournalWriter | undefined;
      /** Where inputs are kept for snapshots. */
      readonly log: InputLog | undefined;
      /** Requests in the journal already. */
      readonly requestsBefore: number;
      readonly isReadOnly: boolean;
      /** An input could not be recorded: the run is over. */
      readonly onFailure: (error: unknown) => void;
    },
  ) {
    this.#cluster = cluster;
    this.#pacer = pacer;
    this.#journal = options.journal;
    this.#log = options.log;
    this.#count = options.requestsBefore;
    this.#isReadOnly = options.isReadOnly;
    this.#onFailure = options.onFailure;
    for (const server of cluster.servers) {
      server.observe({ crashed: () => this.#crashed(server) });
    }
  }

  /** Virtual time of the latest input, µs. */
  get lastInputUs(): number {
    return this.#lastInputUs;
  }

  /**
   * From now on requests are answered.
   *
   * @param authorities Host and port of each API server, in their order.
   */
  open(authorities: readonly string[], admin: AdminHandler): void {
    this.#doors = authorities.map((serverAddress, index) => {
      const server = this.#cluster.servers[index] as ApiServer;
      return new HttpDoor({ server, version: versionInfo, serverAddress, admin });
    });
  }

  /** From now on nothing comes in: a journal that has its end gets no more inputs. */
  close(): void {
    this.#isClosed = true;
  }

  /** Something else that comes in, at the store. It is not recorded. */
  submit(handle: () => void): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.submit(handle));
      return;
    }
    if (!this.#isClosed) this.#submit(etcd, handle);
  }

  /** Lets what comes in wait until `act` settles: it is stamped, recorded and answered after that. */
  async holding<T>(act: () => Promise<T>): Promise<T> {
    const held: (() => void)[] = [];
    this.#held = held;
    try {
      return await act();
    } finally {
      this.#held = undefined;
      for (const comeIn of held) comeIn();
    }
  }

  /** @param apiServer Index of the API server that is asked. */
  take(request: HttpRequest, reply: HttpReply, apiServer: number): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.take(request, reply, apiServer));
      return;
    }
    if (this.#isClosed) return;
    if (this.#isReadOnly && changesSomething(request)) return sendError(reply, readOnlyRefusal());
    const server = this.#cluster.servers[apiServer] as ApiServer;
    const actor = recipientOf(request, server);
    this.#open.set(request, { number: this.#count++, actor, reply });
    const noticing = this.#noticingTheEnd(request, reply);
    const at = this.#submit(
      actor,
      () => {
        const end = this.#doors[apiServer]?.handle(request, noticing);
        if (end !== undefined && this.#open.has(request)) this.#ends.set(request, end);
      },
      () => noticing.breakOff(),
    );
    const asked = apiServer === 0 ? undefined : server.actor.name;
    this.#log?.keep(at, request, asked);
    this.#record(() => ({ at, request: recordedRequest(request, asked) }));
  }

  /** Its client went away. That matters only to what goes on: a watch. */
  gone(request: HttpRequest): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.gone(request));
      return;
    }
    const open = this.#open.get(request);
    if (open === undefined || this.#isClosed) return;
    const { number, actor } = open;
    const at = this.#submit(actor, () => {
      this.#ends.get(request)?.();
      this.#forget(request);
    });
    this.#log?.keepGone(at, number);
    this.#record(() => ({ at, gone: number }));
  }

  #record(entry: () => JournalEntry): void {
    try {
      this.#journal?.write(entry());
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #noticingTheEnd(request: HttpRequest, reply: HttpReply): HttpReply {
    return {
      send: (code, headers, body) => {
        this.#forget(request);
        reply.send(code, headers, body);
      },
      open: (code, headers) => {
        const stream = reply.open(code, headers);
        return {
          write: (chunk) => stream.write(chunk),
          end: () => {
            this.#forget(request);
            stream.end();
          },
        };
      },
      breakOff: () => {
        this.#forget(request);
        reply.breakOff();
      },
    };
  }

  #forget(request: HttpRequest): void {
    this.#open.delete(request);
    this.#ends.delete(request);
  }

  /** All that it was asked breaks off: that its clients are gone then is no news. */
  #crashed({ actor }: ApiServer): void {
    for (const [request, open] of this.#open) {
      if (open.actor !== actor) continue;
      this.#forget(request);
      open.reply.breakOff();
    }
  }

  #submit(to: ActorRef, handle: () => void, refused?: () => void): number {
    this.#lastInputUs = this.#pacer.submit(to, handle, refused);
    return this.#lastInputUs;
  }
}

interface OpenRequest {
  /** Its place in the session. */
  readonly number: number;
  /** Who is asked. */
  readonly actor: ActorRef;
  readonly reply: HttpReply;
}

function changesSomething({ method, url }: HttpRequest): boolean {
  if (url === "/podrace/v1/snapshot") return false;
  return (method !== "GET" && method !== "HEAD") || url.startsWith("/podrace/v1/time/");
}

function readOnlyRefusal(): ApiError {
  return new ApiError("MethodNotAllowed", "this is the past: a replayed cluster is read-only");
}
