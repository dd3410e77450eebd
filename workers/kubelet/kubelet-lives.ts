import type { NodeConfig } from "../../src/data-plane/protocol.ts";
import type { Victim } from "../../src/kernel/actor-faults.ts";
import type { ActorRef } from "../../src/kernel/timeline.ts";
import { Kubelet } from "./kubelet.ts";
import type { KubeletContext } from "./kubelet-context.ts";
import { createRuntime } from "./node-runtime.ts";
import type { PodAddresses } from "./runtime/pod-addresses.ts";
import type { SimulatedRuntime } from "./runtime/simulated-runtime.ts";
import { SurvivingRuntime } from "./runtime/surviving-runtime.ts";

/**
 * A node whose kubelet can crash: its containers, which do not crash with it, and the kubelet of the
 * moment, which remembers nothing of those before it.
 */
export class KubeletLives implements Victim {
  readonly actor: ActorRef;
  readonly #config: NodeConfig;
  readonly #context: KubeletContext;
  readonly #runtime: SimulatedRuntime;
  readonly #processes: SurvivingRuntime;
  #hasNetwork = false;
  #watches = 0;
  #kubelet: Kubelet | undefined;

  constructor(config: NodeConfig, context: KubeletContext) {
    this.actor = { id: config.actorId, name: `kubelet:${config.name}` };
    this.#config = config;
    this.#context = context;
    // An actor of its own: what befalls the kubelet does not befall it.
    const actor = { id: config.actorId, name: `runtime:${config.name}` };
    this.#runtime = createRuntime(config, context, actor, this.actor);
    this.#processes = new SurvivingRuntime(this.#runtime, context.timeline, actor);
    this.#kubelet = this.#begin();
  }

  /** Absent while it is down. */
  get kubelet(): Kubelet | undefined {
    return this.#kubelet;
  }

  crash(): void {
    this.#kubelet = undefined;
  }

  restart(): void {
    this.#kubelet = this.#begin();
    this.#kubelet.start();
  }

  #begin(): Kubelet {
    const isCurrent = (): boolean => this.#kubelet === kubelet;
    const kubelet = new Kubelet(this.#config, this.#context, {
      runtime: this.#processes.connect(this.actor, isCurrent),
      joinNetwork: (addresses) => this.#joinNetwork(addresses),
      nextWatch: () => ++this.#watches,
    });
    return kubelet;
  }

  /** Once: the addresses of pods that run stay taken. */
  #joinNetwork(addresses: PodAddresses): void {
    if (this.#hasNetwork) return;
    this.#hasNetwork = true;
    this.#runtime.joinNetwork(addresses);
  }
}
