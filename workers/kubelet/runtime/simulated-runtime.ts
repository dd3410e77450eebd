import type { ImageReference } from "../../../src/api/image-reference.ts";
import type { KubeletContainer } from "../../../src/data-plane/protocol.ts";
import type { DurationRange, RuntimeProfile } from "../../../src/data-plane/runtime-profiles.ts";
import type { Chance, SiteKey } from "../../../src/kernel/chance.ts";
import type { ActorRef, Timeline } from "../../../src/kernel/timeline.ts";
import { imageOf } from "../images/images.ts";
import { addressInUse, type Exit, type ProcessPlan } from "../images/process-plan.ts";
import type { PodSubject } from "../pod-subject.ts";
import {
  type ContainerRuntime,
  type ContainerWatcher,
  isRunning,
  portHolder,
  type PullResult,
  type RuntimeContainer,
  type Sandbox,
  type SandboxResult,
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
  /** Who pulls its images: names the choices of how long that takes. Default: the actor. */
  readonly puller?: string;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly profile: RuntimeProfile;
  readonly absentImages: readonly string[];
  /** Tells the trace of a call that is over. */
  readonly onCall: (pod: PodSubject, call: string, target: string, tookUs: number) => void;
}

/**
 * A runtime without containers: it keeps the process table, and takes as long as its profile says.
 * How long each call takes depends on the seed and on what is called, not on what else happens.
 */
export class SimulatedRuntime implements ContainerRuntime {
  readonly #options: RuntimeOptions;
  /** By name in full: whether it is here; `false` while its pull is under way. */
  readonly #images = new Map<string, boolean>();
  /** Images are pulled one at a time. @see `pkg/kubelet/images/puller.go`: `serialImagePuller` */
  #pullerFreeAtUs = 0;
  #addresses: PodAddresses | undefined;
  /** A node has a hundred pods or so: a list is smaller than a set, and as quick. */
  readonly sandboxes: Sandbox[] = [];

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /** Gives it a pod network. Until then it has sandboxes for pods on their host's network only. */
  joinNetwork(addresses: PodAddresses): void {
    this.#addresses = addresses;
  }

  runPodSandbox(
    pod: PodSubject,
    hostNetwork: boolean,
    done: (result: SandboxResult) => void,
  ): void {
    this.#call(
      pod,
      "RunPodSandbox",
      "",
      this.#options.profile.runPodSandboxUs,
      ["RunPodSandbox/", pod.uid],
      () => {
        const ip = hostNetwork ? 0 : this.#addresses?.take();
        if (ip === undefined) return done({ ok: false, message: this.#networkFailure(pod) });
        const sandbox: Sandbox = { pod, ip, containers: [] };
        this.sandboxes.push(sandbox);
        done({ ok: true, sandbox });
      },
    );
  }

  stopPodSandbox(sandbox: Sandbox, done: () => void): void {
    const { pod, ip } = sandbox;
    this.#call(
      pod,
      "StopPodSandbox",
      "",
      this.#options.profile.stopPodSandboxUs,
      ["StopPodSandbox/", pod.uid],
      () => {
        this.sandboxes.splice(this.sandboxes.indexOf(sandbox), 1);
        if (ip !== 0) this.#addresses?.giveBack(ip);
        done();
      },
    );
  }

  hasImage(image: string): boolean {
    return this.#images.get(imageOf(image).name) === true;
  }

  pullImage(pod: PodSubject, image: string, done: (result: PullResult) => void): void {
    const { timeline, actor, onCall, chance, puller = actor.name } = this.#options;
    const { behaviour, name } = imageOf(image);
    const failure = this.#pullFailure(image);
    const site = `pull/${puller}/${image}`;
    const askUs = chance.integer(site, registryUs.min, registryUs.max);
    const transferUs = Math.ceil((behaviour.sizeBytes * 1_000_000) / pullBytesPerSecond);
    const isNew = failure === undefined && !this.#images.has(name);
    if (isNew) this.#images.set(name, false);
    const tookUs = isNew ? askUs + transferUs : askUs;
    const startsAtUs = Math.max(timeline.nowUs, this.#pullerFreeAtUs);
    const waitedUs = startsAtUs - timeline.nowUs + tookUs;
    this.#pullerFreeAtUs = startsAtUs + tookUs;
    timeline.setTimer(actor, waitedUs, () => {
      onCall(pod, "PullImage", image, waitedUs);
      if (failure !== undefined) return done({ ok: false, message: failure });
      this.#images.set(name, true);
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
    const site = ["CreateContainer/", sandbox.pod.uid, "/", spec.name, "#", String(serial)];
    this.#call(sandbox.pod, "CreateContainer", spec.name, createContainerUs, site, () => {
      const container: RuntimeContainer = {
        sandbox,
        spec,
        serial,
        watcher: undefined,
        process: undefined,
        endsAtUs: undefined,
        end: undefined,
      };
      sandbox.containers = withContainer(sandbox.containers, container);
      done(container);
    });
  }

  startContainer(container: RuntimeContainer, watcher: ContainerWatcher): void {
    const { sandbox, spec, serial } = container;
    const site = ["StartContainer/", sandbox.pod.uid, "/", spec.name, "#", String(serial)];
    const { startContainerUs } = this.#options.profile;
    this.#call(sandbox.pod, "StartContainer", spec.name, startContainerUs, site, () => {
      const plan = processPlan(spec);
      if (plan.startError !== undefined) {
        const { startError: message } = plan;
        return watcher.started({ exitCode: startErrorCode, reason: "StartError", message });
      }
      container.watcher = watcher;
      this.#run(container, plan);
      watcher.started(undefined);
    });
  }

  stopContainer(container: RuntimeContainer, graceSeconds: number): void {
    if (container.process === undefined) return;
    const { timeline } = this.#options;
    const graceUs = graceSeconds * 1_000_000;
    const { stop } = container.process;
    const ends =
      stop !== undefined && stop.afterUs <= graceUs
        ? { afterUs: stop.afterUs, code: stop.code }
        : { afterUs: graceUs, code: killedCode };
    // A process that would end by itself before that still does.
    const { endsAtUs = Infinity } = container;
    if (endsAtUs <= timeline.nowUs + ends.afterUs) return;
    this.#endAfter(container, ends);
  }

  /** One port space a pod: who comes second cannot bind, and gives up. */
  #run(container: RuntimeContainer, plan: ProcessPlan): void {
    const { sandbox } = container;
    const hasPorts = plan.listensOn.every((port) => portHolder(sandbox, port) === undefined);
    container.process = hasPorts ? plan : { ...plan, listensOn: [], exit: addressInUse };
    const { exit } = container.process;
    if (exit !== undefined) this.#endAfter(container, exit);
  }

  #endAfter(container: RuntimeContainer, { afterUs, code }: Exit): void {
    const { timeline, actor } = this.#options;
    container.end?.cancel();
    container.endsAtUs = timeline.nowUs + afterUs;
    container.end = timeline.setTimer(actor, afterUs, () => {
      container.process = undefined;
      const reason = code === 0 ? "Completed" : "Error";
      container.watcher?.exited({ exitCode: code, reason, message: "" });
    });
  }

  #networkFailure({ uid }: PodSubject): string {
    const id = this.#options.chance.hex(`sandbox/${uid}`, 64);
    const failed = `rpc error: code = Unknown desc = failed to setup network for sandbox "${id}"`;
    const range = this.#addresses?.text;
    return range === undefined
      ? `${failed}: cni plugin not initialized`
      : `${failed}: plugin type="ptp" name="podrace" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${range}`;
  }

  #pullFailure(image: string): string | undefined {
    const { reference, name: full } = imageOf(image);
    const failed = `failed to pull and unpack image "${full}": failed to resolve reference "${full}"`;
    if (reference?.registry.replace(/:\d+$/, "").endsWith(".invalid")) {
      const { registry } = reference;
      return `${failed}: failed to do request: Head "${manifestUrl(reference)}": dial tcp: lookup ${registry}: no such host`;
    }
    const { absentImages } = this.#options;
    if (absentImages.includes(image) || absentImages.includes(full)) {
      return `${failed}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
    }
    return undefined;
  }

  #call(
    pod: PodSubject,
    call: string,
    target: string,
    range: DurationRange,
    site: SiteKey,
    done: () => void,
  ): void {
    const { timeline, actor, chance, onCall } = this.#options;
    const tookUs = chance.integer(site, range.min, range.max);
    timeline.setTimer(actor, tookUs, () => {
      onCall(pod, call, target, tookUs);
      done();
    });
  }
}

/** What a container's process will do. */
function processPlan({ image, command, args }: KubeletContainer): ProcessPlan {
  const { behaviour } = imageOf(image);
  // The images here have no entrypoint: arguments alone replace the default command.
  if (command.length + args.length === 0) return behaviour.plan(behaviour.defaultCommand);
  return behaviour.plan([...command, ...args]);
}

/** A container that ended is kept until the next one takes its place. */
function withContainer(
  containers: readonly RuntimeContainer[],
  added: RuntimeContainer,
): readonly RuntimeContainer[] {
  if (containers.length === 0) return [added];
  const isKept = (old: RuntimeContainer): boolean =>
    old.spec.name !== added.spec.name || isRunning(old);
  return [...containers.filter(isKept), added];
}

/** @see distribution `docs/spec/api.md`: what a runtime asks a registry first */
function manifestUrl({ registry, repository, tag, full }: ImageReference): string {
  const name = repository.slice(registry.length + 1);
  const version = tag === "" ? full.slice(full.indexOf("@") + 1) : tag;
  return `https://${registry}/v2/${name}/manifests/${version}`;
}
