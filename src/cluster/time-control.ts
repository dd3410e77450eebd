import { parseDuration } from "../api/duration.ts";
import { badRequest, methodNotAllowed, noSuchResource } from "../api/errors.ts";
import { parseSpeed, speedExpectation } from "../api/speed.ts";
import { rfc3339Micro } from "../api/time.ts";
import type { AdminAnswer, AdminRequest } from "../control-plane/apiserver/http/http-door.ts";
import type { Pacer } from "../kernel/pacer.ts";
import type { Cluster } from "./cluster.ts";

/** The body of `GET /podrace/v1/time`, and of what changes it. */
export interface TimeBody {
  /** Virtual time, RFC 3339 with µs. */
  readonly now: string;
  readonly nowUs: number;
  /** Cluster seconds a real second; `max` for as fast as it goes, 0 for paused. */
  readonly speed: number | "max";
  /** Whether nothing is due but heartbeats. */
  readonly settled: boolean;
}

/** What a stretch of time cost: the answer of `step` and `until-settled`. */
export interface StretchBody extends TimeBody {
  readonly virtualSeconds: number;
  readonly facts: number;
  readonly writes: number;
}

const settleLimitUs = 600_000_000;
const stretchUsMax = 365 * 86_400_000_000;
/** What a stretch of time may be, in words: `must be …`. */
export const stretchExpectation = "a duration such as 10s or 1m30s, at most a year";

/**
 * The dial: `GET /podrace/v1/time`, and `POST /podrace/v1/time/{pause,resume,speed?to=50,step?for=10s,
 * until-settled?limit=10m}`.
 */
export class TimeControl {
  readonly #cluster: Cluster;
  readonly #pacer: Pacer;
  #speedBeforePause = 1;

  constructor(cluster: Cluster, pacer: Pacer) {
    this.#cluster = cluster;
    this.#pacer = pacer;
  }

  /** @throws {ApiError} For an action or a value there is not. */
  handle({ method, path, query }: AdminRequest): AdminAnswer | Promise<AdminAnswer> {
    const action = path.replace(/^\/podrace\/v1\/time\/?/, "");
    const methods = action === "" ? ["GET", "HEAD"] : ["POST"];
    if (!methods.includes(method))
      throw methodNotAllowed({ group: "podrace", resource: "time" }, method.toLowerCase());
    switch (action) {
      case "":
        return this.#answer();
      case "pause":
        return this.#turn(0);
      case "resume":
        return this.#turn(this.#pacer.speed === 0 ? this.#speedBeforePause : this.#pacer.speed);
      case "speed":
        return this.#turn(speedOf(query.text("to")));
      case "step":
        return this.#stretch(() => this.#pacer.step(stretchOf("for", query.text("for"))));
      case "until-settled": {
        const limit = query.text("limit");
        const limitUs = limit === "" ? settleLimitUs : stretchOf("limit", limit);
        return this.#stretch(() => this.#pacer.runUntilSettled(limitUs));
      }
      default:
        throw noSuchResource();
    }
  }

  #turn(speed: number): AdminAnswer {
    if (speed === 0 && this.#pacer.speed !== 0) this.#speedBeforePause = this.#pacer.speed;
    if (speed !== this.#pacer.speed) this.#pacer.setSpeed(speed);
    return this.#answer();
  }

  async #stretch(go: () => Promise<unknown>): Promise<AdminAnswer> {
    const { server } = this.#cluster;
    const before = {
      nowUs: this.#cluster.nowUs,
      facts: this.#cluster.factCount,
      revision: server.revision,
    };
    await go();
    const body: StretchBody = {
      ...this.#time(),
      virtualSeconds: (this.#cluster.nowUs - before.nowUs) / 1_000_000,
      facts: this.#cluster.factCount - before.facts,
      writes: server.revision - before.revision,
    };
    return { code: 200, body };
  }

  #answer(): AdminAnswer {
    return { code: 200, body: this.#time() };
  }

  #time(): TimeBody {
    const { nowUs, simulation } = this.#cluster;
    const { speed } = this.#pacer;
    return {
      now: rfc3339Micro(nowUs),
      nowUs,
      speed: speed === Infinity ? "max" : speed,
      settled: simulation.isSettled,
    };
  }
}

function speedOf(text: string): number {
  const speed = parseSpeed(text);
  if (speed !== undefined) return speed;
  throw badRequest(`to: Invalid value: ${JSON.stringify(text)}: must be ${speedExpectation}`);
}

function stretchOf(name: string, text: string): number {
  const us = parseStretch(text);
  if (us !== undefined) return us;
  throw badRequest(
    `${name}: Invalid value: ${JSON.stringify(text)}: must be ${stretchExpectation}`,
  );
}

/** A stretch of time that the clock can go through at once, µs; `undefined` for none. */
export function parseStretch(text: string): number | undefined {
  const us = parseDuration(text);
  return us !== undefined && us > 0 && us <= stretchUsMax ? us : undefined;
}
