import { noSuchResource } from "../api/errors.ts";
import type { AdminHandler } from "../control-plane/apiserver/http/http-door.ts";
import type { Fact } from "../kernel/trace.ts";
import type { Cluster } from "./cluster.ts";

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

/** podrace's own API beside Kubernetes': what happened to an object, and where. */
export function adminHandler(cluster: Cluster): AdminHandler {
  return (path, query) => {
    if (path !== "/podrace/v1/trace") throw noSuchResource();
    return { code: 200, body: traceOf(cluster, query.text("subject")) };
  };
}

/** What is known of one subject, with the threads. */
export function traceOf(cluster: Cluster, subject: string): TraceBody {
  const facts = cluster
    .facts(subject)
    .map((fact) => ({ ...fact, thread: cluster.threadOf(fact.actor) }));
  return { subject, nowUs: cluster.nowUs, facts };
}
