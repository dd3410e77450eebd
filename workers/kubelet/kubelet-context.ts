import type { NodeConfig } from "../../src/data-plane/protocol.ts";
import type { Chance } from "../../src/kernel/chance.ts";
import type { HashedText } from "../../src/kernel/hash.ts";
import type { ActorRef, Timeline } from "../../src/kernel/timeline.ts";
import type { FactData, Trace } from "../../src/kernel/trace.ts";
import type { ReportWriter } from "./report-writer.ts";

/** What a kubelet shares with the other kubelets of its shard. */
export interface KubeletContext {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly sendsFacts: boolean;
  readonly reports: ReportWriter;
}

/** Tells the trace what happened to a kubelet, and the hub, for people. */
export function recordFact(
  { index }: NodeConfig,
  { trace, timeline, sendsFacts, reports }: KubeletContext,
  actor: ActorRef,
  kind: string,
  subject: string | HashedText,
  data: FactData,
): void {
  trace.record(actor, timeline.nowUs, kind, subject, data);
  if (sendsFacts) reports.fact(index, kind, subject, data);
}
