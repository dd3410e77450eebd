/** `10.244.1.5` for an address as a number. */
export function dottedIp(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** The machine network, as kind's Docker network has it: 172.16.0.0/12, from 172.18.0.2 on. */
const firstNodeAddress = 172 * 2 ** 24 + 18 * 2 ** 16 + 2;

export function nodeAddress(index: number): string {
  return dottedIp(firstNodeAddress + index);
}
