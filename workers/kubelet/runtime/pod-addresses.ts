import { dottedIp } from "../../../src/api/ip.ts";

/**
 * The addresses of a node's pods: the next free one of its range, round and round, as the
 * host-local IPAM plugin hands them out. The first two belong to the network and the bridge.
 */
export class PodAddresses {
  readonly #base: number;
  readonly #size: number;
  /** A bit a host, 31 to a number: what V8 keeps unboxed. */
  readonly #taken: number[] = [];
  #next = firstHost;

  /** @param cidr E.g. `10.244.1.0/24`. */
  constructor(cidr: string) {
    const [address = "", bits = "32"] = cidr.split("/");
    this.#base = address.split(".").reduce((total, part) => total * 256 + Number(part), 0);
    this.#size = 2 ** (32 - Number(bits));
  }

  /** First and last: `10.244.1.1-10.244.1.254`. The first is the bridge's, as upstream counts. */
  get text(): string {
    return `${dottedIp(this.#base + 1)}-${dottedIp(this.#base + this.#size - 2)}`;
  }

  /** An address as a number; `undefined` when all are taken. */
  take(): number | undefined {
    const lastHost = this.#size - 2;
    for (let tried = firstHost; tried <= lastHost; tried++) {
      const host = this.#next;
      this.#next = host >= lastHost ? firstHost : host + 1;
      if (this.#isTaken(host)) continue;
      this.#mark(host, true);
      return this.#base + host;
    }
    return undefined;
  }

  giveBack(address: number): void {
    this.#mark(address - this.#base, false);
  }

  #isTaken(host: number): boolean {
    const bits = this.#taken[Math.floor(host / hostsPerNumber)] ?? 0;
    return (bits & (1 << (host % hostsPerNumber))) !== 0;
  }

  #mark(host: number, isTaken: boolean): void {
    const at = Math.floor(host / hostsPerNumber);
    while (this.#taken.length <= at) this.#taken.push(0);
    const bits = this.#taken[at] as number;
    const bit = 1 << (host % hostsPerNumber);
    this.#taken[at] = isTaken ? bits | bit : bits & ~bit;
  }
}

const firstHost = 2;
const hostsPerNumber = 31;
