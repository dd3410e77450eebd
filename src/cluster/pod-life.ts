import type { KubeObject, Pod } from "../api/objects.ts";
import { componentUser, type RequestContext } from "../control-plane/apiserver/request.ts";
import type { Resource } from "../control-plane/apiserver/resource.ts";
import { invariant } from "../kernel/invariant.ts";
import { createCluster } from "./cluster.ts";
import type { ClusterOptions } from "./cluster-options.ts";

/** One pod from its creation to its end, as one seed has it. */
export interface PodLife {
  readonly seed: number;
  /** From the request to the stored status Running, µs. */
  readonly runningAfterUs: number;
  /** From the request to delete it to its end, µs. */
  readonly goneAfterUs: number;
  /** Of the whole simulation. */
  readonly traceHash: string;
}

const limitUs = 120_000_000;

/**
 * Runs a whole cluster in virtual time to see one pod of `image` come and go.
 *
 * @param options The seed among them. The kubelets run on this thread: it is one of many.
 */
export async function simulatePodLife(
  image: string,
  options: ClusterOptions & { readonly seed: number },
): Promise<PodLife> {
  const cluster = await createCluster({ ...options, threads: 0, factsMax: 0 });
  const { server, simulation } = cluster;
  const pods = server.resources.find("", "v1", "pods") as Resource;
  const context: RequestContext = {
    resource: pods,
    namespace: "default",
    name: "pod",
    user: componentUser("podrace"),
    client: "podrace",
    subresource: "",
    dryRun: false,
  };
  const phase = (): string | undefined =>
    (server.peek(pods, "default", "pod") as Pod | undefined)?.status?.phase;
  const waitFor = async (condition: () => boolean, what: string): Promise<number> => {
    const fromUs = cluster.nowUs;
    invariant(await cluster.advanceUntil(condition, limitUs), `seed ${options.seed}: ${what}`);
    return cluster.nowUs - fromUs;
  };
  const ask = (request: () => void): void => {
    simulation.timeline.input(simulation.openUs, server.actor, request);
  };

  await waitFor(() => cluster.isReady, "the nodes become ready");
  ask(() => server.create(context, newPod(image), () => {}));
  const runningAfterUs = await waitFor(() => phase() === "Running", "the pod runs");
  ask(() => server.remove(context, {}, () => {}));
  const goneAfterUs = await waitFor(() => phase() === undefined, "the pod goes");
  const traceHash = await cluster.traceHash();
  await cluster.close();
  return { seed: options.seed, runningAfterUs, goneAfterUs, traceHash };
}

function newPod(image: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pod", namespace: "default" },
    spec: { containers: [{ name: "container", image }] },
  };
}
