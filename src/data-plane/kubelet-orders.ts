import type { Timeline } from "../kernel/timeline.ts";
import { noPod } from "./batch.ts";
import type { KubeletNetwork } from "./kubelet-network.ts";
import type { KubeletServer } from "./kubelet-servers.ts";
import type { Member } from "./member.ts";
import { orders, watchArgument } from "./protocol.ts";
import type { ShardPart } from "./shard-part.ts";
import type { StandingWatch } from "./standing-watch.ts";

/** What an order says, in the order of its arguments. */
export type OrderArguments = readonly (string | number)[];

/** The ways from an API server to its kubelets: standing watches, and what they say. */
export class KubeletOrders {
  readonly #timeline: Timeline;
  readonly #latencyUs: number;
  readonly #partOf: (node: number) => ShardPart;
  readonly #network: KubeletNetwork | undefined;
  readonly #onWatchLost: (member: Member, watch: StandingWatch, atUs: number) => void;
  /** By node index. */
  readonly #watches = new Map<number, StandingWatch>();

  constructor(options: {
    readonly timeline: Timeline;
    /** One way, µs. */
    readonly latencyUs: number;
    readonly partOf: (node: number) => ShardPart;
    /** Absent while nothing can fail. */
    readonly network: KubeletNetwork | undefined;
    /** A kubelet finds out, at a time, that its watch is broken. */
    readonly onWatchLost: (member: Member, watch: StandingWatch, atUs: number) => void;
  }) {
    this.#timeline = options.timeline;
    this.#latencyUs = options.latencyUs;
    this.#partOf = options.partOf;
    this.#network = options.network;
    this.#onWatchLost = options.onWatchLost;
  }

  /**
   * Begins a kubelet's watch in place of the one before.
   *
   * @param start Says all there is, and whatever comes; returns how to end that.
   */
  begin(member: Member, watch: StandingWatch, start: () => () => void): void {
    const { index } = member.machine;
    const before = this.#watches.get(index);
    // Asked for twice, or long ago.
    const isOld = before !== undefined && before.number >= watch.number;
    if (this.#network !== undefined && isOld) return;
    before?.break();
    this.#watches.set(index, watch);
    const end = start();
    watch.listed();
    if (this.#network !== undefined) this.send(member, orders.podsListed, noPod, []);
    watch.begun(end);
  }

  /** The watch that is telling a kubelet all there is; absent once it has. */
  listing({ machine }: Member): StandingWatch | undefined {
    const watch = this.#watches.get(machine.index);
    return watch?.isListing === true ? watch : undefined;
  }

  /** Says something over a kubelet's watch. */
  send(member: Member, kind: number, pod: number, args: OrderArguments): void {
    const { nowUs, isBackground } = this.#timeline;
    if (this.#network === undefined) {
      this.#put(member, nowUs + this.#latencyUs, kind, pod, args, isBackground);
      return;
    }
    const watch = this.#watches.get(member.machine.index);
    if (watch === undefined || watch.isBroken) return;
    const noticedUs = this.#network.order(watch.server.actor, member.actor, kind, (atUs) => {
      this.#put(member, atUs, kind, pod, ofWatch(args, watch), isBackground);
    });
    if (noticedUs !== undefined) this.#break(member, watch, noticedUs);
  }

  /** The API server ends a watch: its kubelet finds out at once. */
  lose(member: Member, watch: StandingWatch): void {
    if (!watch.isBroken) this.#break(member, watch, this.#timeline.nowUs + this.#latencyUs);
  }

  /** From now on, when a server goes down, kubelets that watch there are told, or find out by the silence. */
  noticeCrashes(servers: readonly KubeletServer[], members: readonly Member[]): void {
    const network = this.#network;
    if (network === undefined) return;
    for (const { actor, liveness } of servers) {
      const crashed = (): void => {
        network.crashed(actor);
        for (const member of members) {
          const watch = this.#watches.get(member.machine.index);
          if (watch?.server.actor !== actor || watch.isBroken) continue;
          this.#break(member, watch, network.knowsOfCrash(actor, member.actor));
        }
      };
      liveness?.observe({ crashed });
    }
  }

  /** Lets a kubelet find out at `atUs` that a request of a kind had no answer. */
  requestFailed(
    member: Member,
    atUs: number,
    kind: number,
    subject: number,
    isBackground: boolean,
  ): void {
    this.#put(member, atUs, orders.requestFailed, subject, [kind], isBackground);
  }

  /** A kubelet gives up its connection to a server at `atUs`, and its watch with it. */
  leave(member: Member, server: KubeletServer, atUs: number): void {
    const watch = this.#watches.get(member.machine.index);
    if (watch?.server === server && !watch.isBroken) this.#break(member, watch, atUs);
  }

  #break(member: Member, watch: StandingWatch, noticedUs: number): void {
    const { isBackground } = this.#timeline;
    watch.break();
    this.#onWatchLost(member, watch, noticedUs);
    this.#put(member, noticedUs, orders.watchLost, noPod, ofWatch([], watch), isBackground);
  }

  #put(
    { machine: { index } }: Member,
    atUs: number,
    kind: number,
    pod: number,
    args: OrderArguments,
    isBackground: boolean,
  ): void {
    this.#partOf(index).send(atUs, kind, index, pod, isBackground, (inbox) =>
      args.map((value) => (typeof value === "string" ? inbox.addText(value) : value)),
    );
  }
}

function ofWatch(args: OrderArguments, { number }: StandingWatch): OrderArguments {
  const padding = Array<number>(watchArgument - args.length).fill(0);
  return [...args, ...padding, number];
}
