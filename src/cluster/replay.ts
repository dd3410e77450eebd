import type { HttpReply, HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import { HttpDoor } from "../control-plane/apiserver/http/http-door.ts";
import { noSuchResource } from "../api/errors.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { type Journal, type JournalEnd, JournalError } from "./journal.ts";
import { endOf } from "./journal-end.ts";
import { recipientOf } from "./recipient.ts";
import { versionInfo } from "./version.ts";

export interface ReplayOptions {
  /**
   * Stops there; at the end of the session if absent or later. A session that was cut off has no
   * end: without a time it stops at its last input, with one it goes on to that.
   */
  readonly untilUs?: number;
  /** Any number: the history does not depend on it. Default: as recorded. */
  readonly threads?: number | "per-node";
}

export interface ReplayResult extends JournalEnd {
  /** The cluster as it was then, its time standing still. Close it. */
  readonly cluster: Cluster;
  readonly nowUs: number;
  /** Inputs that were played. */
  readonly inputs: number;
}

/**
 * Runs a recorded session again, without its clients: the same inputs at the same virtual times.
 */
export async function replayJournal(
  journal: Journal,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const { cluster, endUs, inputs } = await openReplay(journal, options);
  try {
    await cluster.simulation.advanceTo(endUs);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return {
    cluster,
    nowUs: cluster.nowUs,
    inputs,
    ...(await endOf(cluster)),
  };
}

/** A replay that has not begun: its inputs are on the timeline. */
export async function openReplay(
  journal: Journal,
  options: ReplayOptions,
): Promise<{ readonly cluster: Cluster; readonly endUs: number; readonly inputs: number }> {
  const { threads = journal.options.threads } = options;
  const cluster = await createCluster({ ...journal.options, threads });
  const lastUs = journal.end?.atUs ?? journal.inputs.at(-1)?.atUs ?? cluster.nowUs;
  const limitUs = journal.end?.atUs ?? Infinity;
  const endUs = Math.max(Math.min(options.untilUs ?? lastUs, limitUs), cluster.nowUs);
  const inputs = journal.inputs.filter(({ atUs }) => atUs <= endUs);
  play(cluster, inputs);
  return { cluster, endUs, inputs: inputs.length };
}

function play(cluster: Cluster, inputs: Journal["inputs"]): void {
  const { servers, simulation } = cluster;
  const doors = new Map(
    servers.map((server) => [
      server.actor.name,
      {
        server,
        door: new HttpDoor({
          server,
          version: versionInfo,
          serverAddress: "replay",
          // Whoever turned the clock turned it then: it does not change what happened.
          admin: () => {
            throw noSuchResource();
          },
        }),
      },
    ]),
  );
  const requests = inputs.filter((input): input is PlayedRequest => "request" in input);
  const ends = new Map<HttpRequest, () => void>();
  for (const input of inputs) {
    const played = "request" in input ? input : requests[input.gone];
    const asked = doors.get(played?.apiServer ?? cluster.server.actor.name);
    if (asked === undefined) {
      throw new JournalError(`a request to ${played?.apiServer}, which the cluster does not have`);
    }
    const to =
      played === undefined ? asked.server.actor : recipientOf(played.request, asked.server);
    simulation.timeline.input(input.atUs, to, () => {
      if ("request" in input) {
        ends.set(input.request, asked.door.handle(input.request, nowhere));
        return;
      }
      if (played !== undefined) ends.get(played.request)?.();
    });
  }
}

type PlayedRequest = Extract<Journal["inputs"][number], { readonly request: HttpRequest }>;

/** Nobody is there to read the answers any more. */
const nowhere: HttpReply = {
  send: () => {},
  open: () => ({ write: () => {}, end: () => {} }),
  breakOff: () => {},
};
