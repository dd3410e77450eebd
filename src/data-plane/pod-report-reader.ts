import type { Batch } from "./batch.ts";
import type { ContainerReport, PodReport } from "./kubelet-status.ts";
import { containerStates, podPhases } from "./protocol.ts";

/**
 * A pod's status from the record at `index` and those of its containers, which follow it; and how many
 * these are.
 */
export function readPodReport(
  outbox: Batch,
  index: number,
): { report: PodReport; followers: number } {
  const count = outbox.argument(index, 4);
  let at = index + 1;
  const next = (): ContainerReport => {
    const hasLast = outbox.argument(at, 7) === 1;
    const report: ContainerReport = {
      state: containerStates[outbox.argument(at, 1)] ?? "waiting",
      reason: outbox.text(outbox.argument(at, 2)),
      message: outbox.text(outbox.argument(at, 3)),
      restarts: outbox.argument(at, 4),
      startedAtUs: outbox.argument(at, 5),
      serial: outbox.argument(at, 6),
      last: hasLast
        ? {
            exitCode: outbox.argument(at + 1, 1),
            reason: outbox.text(outbox.argument(at + 1, 2)),
            message: outbox.text(outbox.argument(at + 1, 3)),
            startedAtUs: outbox.argument(at + 1, 4),
            finishedAtUs: outbox.argument(at + 1, 5),
            serial: outbox.argument(at + 1, 6),
          }
        : undefined,
    };
    at += hasLast ? 2 : 1;
    return report;
  };
  // As long as it will be: an array that grows keeps room for more, and these stay.
  const containers = count === 1 ? [next()] : Array.from({ length: count }, next);
  return {
    report: {
      phase: podPhases[outbox.argument(index, 0)] ?? "Unknown",
      conditions: outbox.argument(index, 1),
      startedAtUs: outbox.argument(index, 2),
      ip: outbox.argument(index, 3),
      containers,
    },
    followers: at - index - 1,
  };
}
