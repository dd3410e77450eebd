import { ApiError } from "../api/errors.ts";
import type { HttpReply, HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import { HttpDoor } from "../control-plane/apiserver/http/http-door.ts";
import { sendError } from "../control-plane/apiserver/http/refuse.ts";
import type { Pacer } from "../kernel/pacer.ts";
import { adminHandler } from "./admin-handler.ts";
import type { Cluster } from "./cluster.ts";
import { type JournalWriter, recordedRequest } from "./journal.ts";
import { versionInfo } from "./version.ts";

/** Requests on their way through a live cluster: stamped, recorded, answered, and ended. */
export class Exchanges {
  readonly #cluster: Cluster;
  readonly #pacer: Pacer;
  readonly #journal: JournalWriter | undefined;
  readonly #isReadOnly: boolean;
  readonly #ends = new Map<HttpRequest, () => void>();
  readonly #numbers = new Map<HttpRequest, number>();
  #count = 0;
  #lastInputUs = 0;
  #door: HttpDoor | undefined;

  constructor(
    cluster: Cluster,
    pacer: Pacer,
    options: { readonly journal: JournalWriter | undefined; readonly isReadOnly: boolean },
  ) {
    this.#cluster = cluster;
    this.#pacer = pacer;
    this.#journal = options.journal;
    this.#isReadOnly = options.isReadOnly;
  }

  /** Virtual time of the latest input, µs. */
  get lastInputUs(): number {
    return this.#lastInputUs;
  }

  /** From now on requests are answered. */
  open(serverAddress: string): void {
    this.#door = new HttpDoor({
      server: this.#cluster.server,
      version: versionInfo,
      serverAddress,
      admin: adminHandler(this.#cluster, this.#pacer),
    });
  }

  take(request: HttpRequest, reply: HttpReply): void {
    if (this.#isReadOnly && changesSomething(request)) return sendError(reply, readOnlyRefusal());
    const number = this.#count++;
    this.#numbers.set(request, number);
    const at = this.#submit(() => {
      const end = this.#door?.handle(request, reply);
      if (end !== undefined) this.#ends.set(request, end);
    });
    this.#journal?.write({ at, request: recordedRequest(request) });
  }

  gone(request: HttpRequest): void {
    const number = this.#numbers.get(request);
    if (number === undefined) return;
    this.#numbers.delete(request);
    const at = this.#submit(() => {
      this.#ends.get(request)?.();
      this.#ends.delete(request);
    });
    this.#journal?.write({ at, gone: number });
  }

  #submit(handle: () => void): number {
    this.#lastInputUs = this.#pacer.submit(this.#cluster.server.actor, handle);
    return this.#lastInputUs;
  }
}

function changesSomething({ method, url }: HttpRequest): boolean {
  return (method !== "GET" && method !== "HEAD") || url.startsWith("/podrace/v1/time/");
}

function readOnlyRefusal(): ApiError {
  return new ApiError("MethodNotAllowed", "this is the past: a replayed cluster is read-only");
}
