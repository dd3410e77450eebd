import { badRequest, methodNotAllowed, noSuchResource } from "../api/errors.ts";
import type { AdminHandler } from "../control-plane/apiserver/http/http-door.ts";
import type { Fact } from "../kernel/trace.ts";
import type { Pacer } from "../kernel/pacer.ts";
import type { Cluster } from "./cluster.ts";
import { inspect } from "./inspect.ts";
import { TimeControl } from "./time-control.ts";

/** A fact with the thread its actor runs on. */
export interface PlacedFact extends Fact {
  readonly thread: string;
}

/** The body of `GET /podrace/v1/trace?subject=pods/default/my-nginx`. */
export interface TraceBody {
  readonly subject: string;
  readonly nowUs: number;
  readonly facts: readonly PlacedFact[];
}

/** An API server in the body of `GET /podrace/v1/api-servers`. */
export interface ApiServerView {
  readonly name: string;
  /** Host and port. */
  readonly address: string;
  /** Whether it answers: not while it is down. */
  readonly isServing: boolean;
  /** What its watch cache has heard of. */
  readonly revision: number;
  /** How many revisions that is behind the store. */
  readonly behind: number;
}

/**
 * podrace's own API beside Kubernetes': what happened to an object, how it is now, and where; the
 * clock; snapshots.
 */
export function adminHandler(
  cluster: Cluster,
  pacer: Pacer,
  takeSnapshot: () => Promise<Uint8Array>,
  authorities: readonly string[],
): AdminHandler {
  const time = new TimeControl(cluster, pacer);
  return (request) => {
    const { method, path, query } = request;
    if (path === "/podrace/v1/trace") {
      requireMethod(method, ["GET", "HEAD"], "trace");
      const subject = query.text("subject");
      if (subject === "")
        throw badRequest("subject: Required value: must be e.g. pods/default/my-nginx");
      return { code: 200, body: traceOf(cluster, subject) };
    }
    if (path === "/podrace/v1/api-servers") {
      requireMethod(method, ["GET", "HEAD"], "api-servers");
      return { code: 200, body: { apiServers: apiServersOf(cluster, authorities) } };
    }
    if (path.startsWith("/podrace/v1/inspect/")) {
      requireMethod(method, ["GET", "HEAD"], "inspect");
      return inspect(cluster, path);
    }
    if (path === "/podrace/v1/decisions") {
      requireMethod(method, ["GET", "HEAD"], "decisions");
      return cluster.decisions().then((decisions) => ({ code: 200, body: { decisions } }));
    }
    if (/^\/podrace\/v1\/time(\/|$)/.test(path)) return time.handle(request);
    if (path === "/podrace/v1/snapshot") {
      requireMethod(method, ["POST"], "snapshot");
      return takeSnapshot().then((body) => ({ code: 200, body }));
    }
    throw noSuchResource();
  };
}

function requireMethod(method: string, allowed: readonly string[], resource: string): void {
  if (allowed.includes(method)) return;
  throw methodNotAllowed({ group: "podrace", resource }, method.toLowerCase());
}

/** What is known of one subject, with the threads. */
export function traceOf(cluster: Cluster, subject: string): TraceBody {
  const facts = cluster
    .facts(subject)
    .map((fact) => ({ ...fact, thread: cluster.threadOf(fact.actor) }));
  return { subject, nowUs: cluster.nowUs, facts };
}

function apiServersOf(cluster: Cluster, authorities: readonly string[]): readonly ApiServerView[] {
  return cluster.servers.map(({ actor, isServing, revision, behind }, index) => ({
    name: actor.name,
    address: authorities[index] ?? "",
    isServing,
    revision,
    behind,
  }));
}
