import { dottedIp } from "../../api/ip.ts";

/** The cluster's pod addresses, cut into one range a node. */
export interface PodNetwork {
  /** E.g. `10.244.3.0/24` for index 3. */
  rangeOf(nodeIndex: number): string;
  /** The index whose range this is; undefined for a range that none of them has. */
  indexOf(range: string): number | undefined;
}

/**
 * kind's `10.244.0.0/16` in /24 ranges for up to 256 nodes; bigger clusters take the upper half of
 * `10.0.0.0/8`, in ranges as large as the number of nodes leaves room for.
 *
 * @throws {RangeError} For more nodes than there are ranges of 32 addresses.
 */
export function podNetworkFor(nodes: number): PodNetwork {
  if (nodes <= 256) return cut(ip(10, 244, 0, 0), 24);
  for (let bits = 24; bits <= 27; bits++) {
    if (nodes <= 2 ** (bits - 9)) return cut(ip(10, 128, 0, 0), bits);
  }
  throw new RangeError(`no pod network for ${nodes} nodes: at most ${2 ** 18}`);
}

function cut(base: number, bits: number): PodNetwork {
  const size = 2 ** (32 - bits);
  const rangeOf = (index: number): string => `${dottedIp(base + index * size)}/${bits}`;
  return {
    rangeOf,
    indexOf(range) {
      const [a = 0, b = 0, c = 0, d = 0] = range.split(/[./]/).map(Number);
      const index = (ip(a, b, c, d) - base) / size;
      const isOne = Number.isInteger(index) && index >= 0 && rangeOf(index) === range;
      return isOne ? index : undefined;
    },
  };
}

function ip(a: number, b: number, c: number, d: number): number {
  return ((a * 256 + b) * 256 + c) * 256 + d;
}
