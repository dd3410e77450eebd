import type { KubeletServer } from "./kubelet-servers.ts";

/** A kubelet's watch of its node and its pods, as the hub knows it. */
export class StandingWatch {
  /** Counts up with every watch of this kubelet. */
  readonly number: number;
  /** Whether the kubelet began anew with it, and knows nothing. */
  readonly isFresh: boolean;
  /** Whose watch it is. */
  readonly server: KubeletServer;
  /** When the kubelet asked for it, µs. */
  readonly askedUs: number;
  #isListing = true;
  #isBroken = false;
  #end: (() => void) | undefined;
  /** The range of pod addresses that it told of last. */
  #podCidr: string | undefined;

  constructor(number: number, isFresh: boolean, server: KubeletServer, askedUs: number) {
    this.number = number;
    this.isFresh = isFresh;
    this.server = server;
    this.askedUs = askedUs;
  }

  /** Whether what it says is what there was before it began. */
  get isListing(): boolean {
    return this.#isListing;
  }

  /** Whether something it said was lost: then it says nothing more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Whether it has something to say of the node. A kubelet looks for the node itself, and for its range
   * of pod addresses; that it changed otherwise makes no difference.
   */
  isNews(podCidr: string): boolean {
    const isNew = podCidr !== this.#podCidr;
    this.#podCidr = podCidr;
    return isNew;
  }

  /** @param end Ends it at the API server. */
  begun(end: () => void): void {
    this.#end = end;
    if (this.#isBroken) end();
  }

  listed(): void {
    this.#isListing = false;
  }

  break(): void {
    this.#isBroken = true;
    this.#end?.();
  }
}
