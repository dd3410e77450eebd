import type { KubeObject, Pod } from "../../src/api/objects.ts";
import { type Cluster, createCluster, type Layout } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import { componentUser, type RequestContext } from "../../src/control-plane/apiserver/request.ts";
import type { Resource } from "../../src/control-plane/apiserver/resource.ts";
import { Chance } from "../../src/kernel/chance.ts";
import type { Fact } from "../../src/kernel/trace.ts";

export const second = 1_000_000;

/** All there is to know of a run: equal outcomes are equal histories. */
export interface Outcome {
  readonly traceHash: string;
  readonly nowUs: number;
  readonly revision: number;
  /** Every object of every kind, by kind and name. */
  readonly objects: Readonly<Record<string, KubeObject>>;
}

/** A cluster whose requests come at times that a test sets. */
export class DrivenCluster {
  readonly cluster: Cluster;
  readonly #pods: Resource;
  /** What requests were refused with. */
  readonly refusals: string[] = [];

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.#pods = cluster.server.resources.find("", "v1", "pods") as Resource;
  }

  /** Its nodes are ready when this settles. */
  static async start(options: ClusterOptions, layout?: Layout): Promise<DrivenCluster> {
    const driven = new DrivenCluster(await createCluster(options, layout));
    await driven.until(() => driven.cluster.isReady, 120 * second);
    return driven;
  }

  /** Nothing has happened in it when this settles. */
  static async started(options: ClusterOptions, layout?: Layout): Promise<DrivenCluster> {
    return new DrivenCluster(await createCluster(options, layout));
  }

  /** Asks for a pod, `afterUs` from now. */
  create(pod: KubeObject, afterUs = 0): void {
    this.#ask(afterUs, (answer) => {
      this.cluster.server.create(this.#context(pod.metadata.name ?? ""), pod, answer);
    });
  }

  update(name: string, change: (pod: Pod) => Pod, afterUs = 0): void {
    this.#ask(afterUs, (answer) => {
      const changed = (stored: KubeObject): KubeObject => change(stored as unknown as Pod);
      this.cluster.server.update(this.#context(name), "patch", changed, answer);
    });
  }

  remove(name: string, gracePeriodSeconds?: number, afterUs = 0): void {
    this.#ask(afterUs, (answer) => {
      this.cluster.server.remove(this.#context(name), { gracePeriodSeconds }, answer);
    });
  }

  pod(name: string): Pod | undefined {
    return this.cluster.server.peek(this.#pods, "default", name) as Pod | undefined;
  }

  phase(name: string): string | undefined {
    return this.pod(name)?.status?.phase;
  }

  facts(name: string): readonly Fact[] {
    return this.cluster.facts(`pods/default/${name}`);
  }

  async run(us: number): Promise<void> {
    await this.cluster.advance(us);
  }

  async until(condition: () => boolean, limitUs = 60 * second): Promise<void> {
    if (!(await this.cluster.advanceUntil(condition, limitUs))) {
      throw new Error(`it did not come to hold within ${limitUs / second} s`);
    }
  }

  async outcome(): Promise<Outcome> {
    const { server } = this.cluster;
    const objects = server.resources.all.flatMap(({ group, plural }) =>
      [...server.objects(group, plural)].map((object): [string, KubeObject] => {
        const { namespace = "", name = "" } = object.metadata;
        return [`${plural}/${namespace}/${name}`, object];
      }),
    );
    return {
      traceHash: await this.cluster.traceHash(),
      nowUs: this.cluster.nowUs,
      revision: server.revision,
      objects: Object.fromEntries(objects.toSorted(([left], [right]) => (left < right ? -1 : 1))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.close();
  }

  #ask(afterUs: number, request: (answer: (error: Error | undefined) => void) => void): void {
    const { server, simulation } = this.cluster;
    simulation.timeline.input(simulation.openUs + afterUs, server.actor, () => {
      request((error) => {
        if (error !== undefined) this.refusals.push(error.message);
      });
    });
  }

  #context(name: string): RequestContext {
    return {
      resource: this.#pods,
      namespace: "default",
      name,
      user: componentUser("podrace"),
      client: "kubectl",
      subresource: "",
      dryRun: false,
    };
  }
}

export function aPod(
  name: string,
  spec: Partial<Pod["spec"]> & { readonly image?: string } = {},
): KubeObject {
  const { image = "nginx", ...rest } = spec;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "c", image }], ...rest },
  };
}

/** The decision that makes an actor begin a life with an API server of `count`, by index. */
export function keepsTo(
  actor: string,
  life: number,
  server: number,
  count: number,
): [string, number] {
  const site = `${actor}/#${life}`;
  const byChance = new Chance(1).integer(`api-server/${site}`, 0, count - 1);
  return [`apiServer/${site}`, (server - byChance + count) % count];
}
