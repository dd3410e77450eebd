import { dottedIp } from "../api/ip.ts";
import type { FactData } from "../kernel/trace.ts";

/** A fact as the trace of a cluster hands it out. */
export interface TracedFact {
  readonly atUs: number;
  readonly actor: string;
  readonly thread: string;
  readonly kind: string;
  readonly data: FactData;
}

/** One of the seven steps from a request to running containers. */
export interface StoryStep {
  readonly number: number;
  readonly title: string;
  /** What happened, oldest first; empty for a step that has not happened. */
  readonly lines: readonly StoryLine[];
}

export interface StoryLine {
  readonly atUs: number;
  readonly actor: string;
  readonly thread: string;
  readonly text: string;
}

const titles = [
  "request",
  "API server stores it",
  "scheduler picks a node",
  "kubelet's watch sees it",
  "kubelet works out the containers",
  "kubelet calls the runtime",
  "containers run",
] as const;

/**
 * The story of one pod, from its recorded facts alone: what did not happen is not told.
 *
 * A pod that was deleted and created again under its name has several lives; this is the latest.
 */
export function podStory(facts: readonly TracedFact[]): readonly StoryStep[] {
  const life = latestLife(facts);
  const lines: StoryLine[][] = titles.map(() => []);
  for (const [index, fact] of life.entries()) {
    const told = tell(fact, life.slice(0, index));
    if (told === undefined) continue;
    const { atUs, actor, thread } = fact;
    lines[told.step - 1]?.push({ atUs, actor, thread, text: told.text });
  }
  return titles.map((title, index) => ({ number: index + 1, title, lines: lines[index] ?? [] }));
}

/** From the last creation that was asked for. */
export function latestLife(facts: readonly TracedFact[]): readonly TracedFact[] {
  const start = facts.findLastIndex(isCreation);
  return start === -1 ? facts : facts.slice(start);
}

export function isCreation({ kind, data }: TracedFact): boolean {
  return kind === "requestReceived" && data["verb"] === "create" && data["path"] === "pods";
}

function tell(
  fact: TracedFact,
  before: readonly TracedFact[],
): { readonly step: number; readonly text: string } | undefined {
  const { kind, data } = fact;
  switch (kind) {
    case "requestReceived":
      if (!isCreation(fact)) return undefined;
      return { step: 1, text: `${data["client"]} asks to create the pod, as ${data["user"]}` };
    case "admitted":
      return { step: 2, text: `admitted by ${String(data["plugins"]).replaceAll(",", ", ")}` };
    case "stored":
      if (data["verb"] === "create" && data["subresource"] === "") {
        return { step: 2, text: `stored at revision ${data["revision"]}` };
      }
      return isFirstRunning(fact, before)
        ? { step: 7, text: `status Running stored at revision ${data["revision"]}` }
        : undefined;
    case "choseNode":
      return { step: 3, text: whyThatNode(data) };
    case "foundNoNode":
      return { step: 3, text: `0/${data["nodes"]} nodes fit: ${data["refusals"]}` };
    case "bound":
      return { step: 3, text: `bound to ${data["node"]}${atRevision(before)}` };
    case "podSeen":
      return { step: 4, text: "a new pod for this node" };
    case "containersWorkedOut":
      return { step: 5, text: containersText(data) };
    case "runtimeCalled":
      return data["call"] === "StopPodSandbox" ? undefined : { step: 6, text: runtimeText(data) };
    case "podRunning":
      return { step: 7, text: `all containers run${addressText(data)}` };
    case "podSucceeded":
      return { step: 7, text: "all containers ended well" };
    case "podFailed":
      return { step: 7, text: "a container failed" };
    default:
      return undefined;
  }
}

function isFirstRunning({ data }: TracedFact, before: readonly TracedFact[]): boolean {
  return (
    data["phase"] === "Running" && !before.some((earlier) => earlier.data["phase"] === "Running")
  );
}

function whyThatNode(data: FactData): string {
  const { node, evaluated, nodes, feasible, best, scores, plugins } = data;
  const looked = evaluated === nodes ? "" : `, ${evaluated} looked at`;
  const tie = Number(best) > 1 ? `; ${best} are best, the seed decides` : "";
  const listed = String(scores).split(" ").join(", ");
  return `${node}: ${feasible} of ${nodes} nodes fit${looked}; scores (${String(plugins).replaceAll(",", " + ")}): ${listed}${tie}`;
}

function atRevision(before: readonly TracedFact[]): string {
  const stored = before.findLast(
    ({ kind, data }) => kind === "stored" && data["subresource"] === "binding",
  );
  return stored === undefined ? "" : ` at revision ${stored.data["revision"]}`;
}

function containersText({ count, containers, initContainers }: FactData): string {
  const list = String(containers).split(" ").join(", ");
  const init =
    initContainers === ""
      ? ""
      : `; init containers first: ${String(initContainers).split(" ").join(", ")}`;
  return `${count} container${count === 1 ? "" : "s"} to create: ${list}${init}`;
}

function runtimeText({ runtime, call, target, tookUs }: FactData): string {
  const about = target === "" ? "" : ` ${target}`;
  return `${runtime}: ${call}${about}, ${milliseconds(Number(tookUs))}`;
}

function addressText({ ip }: FactData): string {
  const address = Number(ip);
  if (address === 0) return "";
  return ` at ${dottedIp(address)}`;
}

function milliseconds(us: number): string {
  return `${Math.round(us / 1_000)} ms`;
}
