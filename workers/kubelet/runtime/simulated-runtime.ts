import { type ImageReference, parseImageReference } from "../../../src/api/image-reference.ts";
import type { KubeletContainer, PodIdentity } from "../../../src/data-plane/protocol.ts";
import type { DurationRange, RuntimeProfile } from "../../../src/data-plane/runtime-profiles.ts";
import type { Chance } from "../../../src/kernel/chance.ts";
import type { ActorRef, Timeline } from "../../../src/kernel/timeline.ts";
import { imageBehaviour } from "../images/images.ts";
import { addressInUse, type Exit, type ProcessPlan } from "../images/process-plan.ts";
import type {
  ContainerRuntime,
  PullResult,
  RuntimeContainer,
  Sandbox,
  SandboxResult,
  Termination,
} from "./container-runtime.ts";
import type { PodAddresses } from "./pod-addresses.ts";

/** What a registry delivers, bytes a second, and how long asking it takes, µs. */
const pullBytesPerSecond = 60_000_000;
const registryUs: DurationRange = { min: 250_000, max: 650_000 };

/** Exit code of a process killed by signal 9, as shells and runtimes say it. */
const killedCode = 137;
/** @see runc: what a container ends with whose process could not be started */
const startErrorCode = 128;

export interface RuntimeOptions {
  readonly actor: ActorRef;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly profile: RuntimeProfile;
  readonly absentImages: ReadonlySet<string>;
  /** Tells the trace of a call that is over. */
  readonly onCall: (pod: PodIdentity, call: string, target: string, tookUs: number) => void;
}

/**
 * A runtime without containers: it keeps the process table, and takes as long as its profile says.
 * How long each call takes depends on the seed and on what is called, not on what else happens.
 */
export class SimulatedRuntime implements ContainerRuntime {
  readonly #options: RuntimeOptions;
  /** By name in full. */
  readonly #images = new Set<string>();
  /** The same, with those whose pull is under way. */
  readonly #coming = new Set<string>();
  readonly #plans = new Map<RuntimeContainer, RunningProcess>();
  /** Images are pulled one at a time. @see `pkg/kubelet/images/puller.go`: `serialImagePuller` */
  #pullerFreeAtUs = 0;
  #addresses: PodAddresses | undefined;
  readonly sandboxes = new Set<Sandbox>();

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /** Gives it a pod network. Until then it has sandboxes for pods on their host's network only. */
  joinNetwork(addresses: PodAddresses): void {
    this.#addresses = addresses;
  }

  runPodSandbox(
    pod: PodIdentity,
    hostNetwork: boolean,
    done: (result: SandboxResult) => void,
  ): void {
    this.#call(pod, "RunPodSandbox", "", this.#options.profile.runPodSandboxUs, pod.uid, () => {
      const ip = hostNetwork ? 0 : this.#addresses?.take();
      if (ip === undefined) return done({ ok: false, message: this.#networkFailure(pod) });
      const sandbox: Sandbox = { pod, ip, ports: new Map(), containers: new Set() };
      this.sandboxes.add(sandbox);
      done({ ok: true, sandbox });
    });
  }

  stopPodSandbox(sandbox: Sandbox, done: () => void): void {
    const { pod, ip } = sandbox;
    this.#call(pod, "StopPodSandbox", "", this.#options.profile.stopPodSandboxUs, pod.uid, () => {
      this.sandboxes.delete(sandbox);
      if (ip !== 0) this.#addresses?.giveBack(ip);
      done();
    });
  }

  hasImage(image: string): boolean {
    return this.#images.has(nameInFull(image));
  }

  pullImage(pod: PodIdentity, image: string, done: (result: PullResult) => void): void {
    const { timeline, actor, onCall, chance } = this.#options;
    const behaviour = imageBehaviour(image);
    const failure = this.#pullFailure(image);
    const name = nameInFull(image);
    const site = `pull/${actor.name}/${image}`;
    const askUs = chance.integer(site, registryUs.min, registryUs.max);
    const transferUs = Math.ceil((behaviour.sizeBytes * 1_000_000) / pullBytesPerSecond);
    const isNew = failure === undefined && !this.#coming.has(name);
    if (isNew) this.#coming.add(name);
    const tookUs = isNew ? askUs + transferUs : askUs;
    const startsAtUs = Math.max(timeline.nowUs, this.#pullerFreeAtUs);
    const waitedUs = startsAtUs - timeline.nowUs + tookUs;
    this.#pullerFreeAtUs = startsAtUs + tookUs;
    timeline.setTimer(actor, waitedUs, () => {
      onCall(pod, "PullImage", image, waitedUs);
      if (failure !== undefined) return done({ ok: false, message: failure });
      this.#images.add(name);
      done({ ok: true, tookUs, waitedUs, sizeBytes: behaviour.sizeBytes });
    });
  }

  createContainer(
    sandbox: Sandbox,
    spec: KubeletContainer,
    serial: number,
    done: (container: RuntimeContainer) => void,
  ): void {
    const { createContainerUs } = this.#options.profile;
    const site = `${sandbox.pod.uid}/${spec.name}#${serial}`;
    this.#call(sandbox.pod, "CreateContainer", spec.name, createContainerUs, site, () => {
      const container: RuntimeContainer = {
        sandbox,
        spec,
        serial,
        isRunning: false,
        cancel: () => {},
      };
      // One that ended is kept until the next one takes its place.
      for (const old of sandbox.containers) {
        if (old.spec.name === spec.name && !old.isRunning) sandbox.containers.delete(old);
      }
      sandbox.containers.add(container);
      done(container);
    });
  }

  startContainer(
    container: RuntimeContainer,
    done: (error: Termination | undefined) => void,
    onExit: (termination: Termination) => void,
  ): void {
    const { sandbox, spec, serial } = container;
    const site = `${sandbox.pod.uid}/${spec.name}#${serial}`;
    const { startContainerUs } = this.#options.profile;
    this.#call(sandbox.pod, "StartContainer", spec.name, startContainerUs, site, () => {
      const behaviour = imageBehaviour(spec.image);
      // The images here have no entrypoint: arguments alone replace the default command.
      const given = [...spec.command, ...spec.args];
      const command = given.length > 0 ? given : behaviour.defaultCommand;
      const plan = behaviour.plan(command);
      if (plan.startError !== undefined) {
        const termination = {
          exitCode: startErrorCode,
          reason: "StartError" as const,
          message: plan.startError,
        };
        return done(termination);
      }
      container.isRunning = true;
      this.#run(container, this.#bindPorts(container, plan), onExit);
      done(undefined);
    });
  }

  stopContainer(container: RuntimeContainer, graceSeconds: number): void {
    const process = this.#plans.get(container);
    if (process === undefined) return;
    const { timeline } = this.#options;
    const graceUs = graceSeconds * 1_000_000;
    const { stop } = process.plan;
    const ends =
      stop !== undefined && stop.afterUs <= graceUs
        ? { afterUs: stop.afterUs, code: stop.code }
        : { afterUs: graceUs, code: killedCode };
    // A process that would end by itself before that still does.
    if (process.endsAtUs <= timeline.nowUs + ends.afterUs) return;
    this.#endAfter(container, process, ends);
  }

  #run(
    container: RuntimeContainer,
    plan: ProcessPlan,
    onExit: (termination: Termination) => void,
  ): void {
    const process: RunningProcess = { plan, onExit, endsAtUs: Infinity };
    this.#plans.set(container, process);
    if (plan.exit !== undefined) this.#endAfter(container, process, plan.exit);
  }

  #endAfter(container: RuntimeContainer, process: RunningProcess, { afterUs, code }: Exit): void {
    const { timeline, actor } = this.#options;
    container.cancel();
    process.endsAtUs = timeline.nowUs + afterUs;
    const timer = timeline.setTimer(actor, afterUs, () => {
      this.#plans.delete(container);
      container.isRunning = false;
      for (const [port, holder] of container.sandbox.ports) {
        if (holder === container) container.sandbox.ports.delete(port);
      }
      process.onExit({ exitCode: code, reason: code === 0 ? "Completed" : "Error", message: "" });
    });
    container.cancel = () => timer.cancel();
  }

  /** One port space a pod: who comes second cannot bind, and gives up. */
  #bindPorts(container: RuntimeContainer, plan: ProcessPlan): ProcessPlan {
    const { ports } = container.sandbox;
    if (plan.listensOn.some((port) => ports.has(port)))
      return { ...plan, listensOn: [], exit: addressInUse };
    for (const port of plan.listensOn) ports.set(port, container);
    return plan;
  }

  #networkFailure({ uid }: PodIdentity): string {
    const id = this.#options.chance.hex(`sandbox/${uid}`, 64);
    const failed = `rpc error: code = Unknown desc = failed to setup network for sandbox "${id}"`;
    const range = this.#addresses?.text;
    return range === undefined
      ? `${failed}: cni plugin not initialized`
      : `${failed}: plugin type="ptp" name="podrace" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${range}`;
  }

  #pullFailure(image: string): string | undefined {
    const reference = parseImageReference(image);
    const full = reference?.full ?? image;
    const failed = `failed to pull and unpack image "${full}": failed to resolve reference "${full}"`;
    if (reference?.registry.replace(/:\d+$/, "").endsWith(".invalid")) {
      const { registry } = reference;
      return `${failed}: failed to do request: Head "${manifestUrl(reference)}": dial tcp: lookup ${registry}: no such host`;
    }
    const { absentImages } = this.#options;
    if (absentImages.has(image) || absentImages.has(full)) {
      return `${failed}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
    }
    return undefined;
  }

  #call(
    pod: PodIdentity,
    call: string,
    target: string,
    range: DurationRange,
    site: string,
    done: () => void,
  ): void {
    const { timeline, actor, chance, onCall } = this.#options;
    const tookUs = chance.integer(`${call}/${site}`, range.min, range.max);
    timeline.setTimer(actor, tookUs, () => {
      onCall(pod, call, target, tookUs);
      done();
    });
  }
}

interface RunningProcess {
  readonly plan: ProcessPlan;
  readonly onExit: (termination: Termination) => void;
  endsAtUs: number;
}

function nameInFull(image: string): string {
  return parseImageReference(image)?.full ?? image;
}

/** @see distribution `docs/spec/api.md`: what a runtime asks a registry first */
function manifestUrl({ registry, repository, tag, full }: ImageReference): string {
  const name = repository.slice(registry.length + 1);
  const version = tag === "" ? full.slice(full.indexOf("@") + 1) : tag;
  return `https://${registry}/v2/${name}/manifests/${version}`;
}
