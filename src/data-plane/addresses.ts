import { dottedIp } from "../api/ip.ts";

/** The machine network, as kind's Docker network has it: 172.16.0.0/12, from 172.18.0.2 on. */
const firstNodeAddress = 172 * 2 ** 24 + 18 * 2 ** 16 + 2;

export function nodeAddress(index: number): string {
  return dottedIp(firstNodeAddress + index);
}
