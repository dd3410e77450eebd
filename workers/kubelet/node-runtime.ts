import type { NodeConfig } from "../../src/data-plane/protocol.ts";
import { runtimeProfiles } from "../../src/data-plane/runtime-profiles.ts";
import type { ActorRef } from "../../src/kernel/timeline.ts";
import { type KubeletContext, recordFact } from "./kubelet-context.ts";
import { SimulatedRuntime } from "./runtime/simulated-runtime.ts";

/**
 * A runtime for a node, which tells the trace of its calls.
 *
 * @param actor Whose timers it sets.
 * @param kubelet Whose facts its calls are.
 */
export function createRuntime(
  config: NodeConfig,
  context: KubeletContext,
  actor: ActorRef,
  kubelet: ActorRef,
): SimulatedRuntime {
  const { timeline, chance } = context;
  const profile = runtimeProfiles[config.runtime];
  return new SimulatedRuntime({
    actor,
    puller: kubelet.name,
    timeline,
    chance,
    profile,
    absentImages: config.absentImages,
    onCall: (pod, call, target, tookUs) => {
      const data = { runtime: profile.name, call, target, tookUs };
      recordFact(config, context, kubelet, "runtimeCalled", pod, data);
    },
  });
}
