import type { EventCode } from "./protocol.ts";

/** What an event's message is made of. */
export interface EventArguments {
  readonly text: string;
  readonly tookUs: number;
  readonly waitedUs: number;
  readonly bytes: number;
}

export interface EventWords {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: (args: EventArguments) => string;
}

/**
 * The kubelet's events in upstream's words.
 *
 * @see kubernetes `pkg/kubelet/events/event.go`, `pkg/kubelet/images/image_manager.go`,
 *   `pkg/kubelet/kuberuntime/{kuberuntime_container,kuberuntime_manager}.go`
 */
export const kubeletEvents: Readonly<Record<EventCode, EventWords>> = {
  nodeStarting: normal("Starting", () => "Starting kubelet."),
  nodeReady: normal("NodeReady", ({ text }) => `Node ${text} status is now: NodeReady`),
  pulling: normal("Pulling", ({ text }) => `Pulling image "${text}"`),
  pulled: normal(
    "Pulled",
    ({ text, tookUs, waitedUs, bytes }) =>
      `Successfully pulled image "${text}" in ${goDuration(tookUs)} (${goDuration(waitedUs)} including waiting). Image size: ${bytes} bytes.`,
  ),
  alreadyPresent: normal(
    "Pulled",
    ({ text }) =>
      `Container image "${text}" already present on machine and can be accessed by the pod`,
  ),
  created: normal("Created", () => "Container created"),
  started: normal("Started", () => "Container started"),
  killing: normal("Killing", ({ text }) => text),
  failedPull: warning("Failed", ({ text }) => `Failed to pull image ${text}`),
  failed: warning("Failed", ({ text }) => `Error: ${text}`),
  backOffPull: normal("BackOff", ({ text }) => text),
  backOffRestart: warning("BackOff", ({ text }) => text),
  neverPull: warning("ErrImageNeverPull", ({ text }) => text),
  inspectFailed: warning("InspectFailed", ({ text }) => text),
  networkNotReady: warning("NetworkNotReady", ({ text }) => `network is not ready: ${text}`),
  failedSandbox: warning(
    "FailedCreatePodSandBox",
    ({ text }) => `Failed to create pod sandbox: ${text}`,
  ),
  sandboxChanged: normal(
    "SandboxChanged",
    () => "Pod sandbox changed, it will be killed and re-created.",
  ),
};

/** `1.5s`, `250ms`, `1h0m2s`: as Go prints a duration, cut to the millisecond. */
function goDuration(us: number): string {
  const ms = Math.floor(us / 1_000);
  if (ms === 0) return "0s";
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1_000}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function normal(reason: string, message: EventWords["message"]): EventWords {
  return { type: "Normal", reason, message };
}

function warning(reason: string, message: EventWords["message"]): EventWords {
  return { type: "Warning", reason, message };
}
