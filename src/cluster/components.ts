import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { ApiClient } from "../control-plane/client/api-client.ts";
import type { Controller } from "../control-plane/controllers/controller.ts";
import { namespaceController } from "../control-plane/controllers/namespace.ts";
import {
  rootCaCertPublisher,
  serviceAccountController,
} from "../control-plane/controllers/namespace-defaults.ts";
import { nodeIpamController } from "../control-plane/controllers/node-ipam.ts";
import { nodeLifecycleController } from "../control-plane/controllers/node-lifecycle.ts";
import { podNetworkFor } from "../control-plane/controllers/pod-network.ts";
import { Scheduler } from "../control-plane/scheduler/scheduler.ts";
import type { Chance } from "../kernel/chance.ts";
import type { ActorRef } from "../kernel/timeline.ts";
import type { Trace } from "../kernel/trace.ts";
import { type ApiServerParts, serversFor } from "./api-servers.ts";

/** Their places in the total order. */
const schedulerActor: ActorRef = { id: 10, name: "scheduler" };
const firstControllerId = 20;

/** A part of the control plane: it begins anew with a client, and knows nothing of a life before. */
export interface Component {
  readonly actor: ActorRef;
  readonly username: string;
  start(client: ApiClient): void;
}

/** The scheduler and the controllers. */
export function componentsOf(
  caPem: string,
  nodes: number,
  trace: Trace,
  chance: Chance,
): readonly Component[] {
  const controllers: readonly Controller[] = [
    namespaceController,
    serviceAccountController,
    rootCaCertPublisher(caPem),
    nodeIpamController(podNetworkFor(nodes)),
    nodeLifecycleController,
  ];
  const scheduler = {
    actor: schedulerActor,
    username: "system:kube-scheduler",
    start: (client: ApiClient) => new Scheduler(client, trace, chance).start(),
  };
  return [
    scheduler,
    ...controllers.map((controller, index) => ({
      actor: { id: firstControllerId + index, name: `kcm:${controller.name}` },
      username: "system:kube-controller-manager",
      start: (client: ApiClient) => controller.start(client),
    })),
  ];
}

/** Starts them, and again after each crash, with a client of the API server that they choose. */
export function startComponents(
  components: readonly Component[],
  servers: readonly ApiServer[],
  parts: ApiServerParts,
): void {
  const { options, timeline, trace, environment, etcd } = parts;
  const { controlPlaneLatencyUs: latencyUs } = options;
  const { network } = environment ?? {};
  const begins = components.map(({ actor, username, ...component }) => {
    let client: ApiClient | undefined;
    let life = 0;
    const start = (): void => {
      const [server, ...others] = serversFor(servers, actor, ++life, parts);
      client = new ApiClient({ actor, timeline, server, others, username, latencyUs, network });
      component.start(client);
    };
    return { actor, crash: () => client?.close(), restart: start };
  });
  const served = servers.map((server) => ({
    actor: server.actor,
    crash: () => server.crash(),
    restart: () => server.restart(),
  }));
  const victims = [...served, ...(etcd ? [etcd.victim] : []), ...begins];
  environment?.govern(timeline, victims, (actor, kind, data) => {
    trace.record(actor, timeline.nowUs, kind, `actors/${actor.name}`, data);
  });
  for (const { restart } of begins) restart();
}
