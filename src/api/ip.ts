import { isIPv4, isIPv6 } from "node:net";

/** `10.244.1.5` for an IPv4 address as a number. */
export function dottedIp(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/**
 * What is wrong with an IP address, in upstream's words.
 *
 * @see kubernetes `apimachinery/pkg/util/validation/ip.go`: `IsValidIPForLegacyField`
 */
export function ipProblems(value: string): string[] {
  if (hasLeadingZeros(value)) return ["must not have leading 0s"];
  if (!isAddress(value)) {
    return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  }
  return isMapped(value) ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** What is wrong with a network such as `10.244.0.0/24`. */
export function cidrProblems(value: string): string[] {
  const [address = "", prefix = "", ...more] = value.split("/");
  const isWellFormed = more.length === 0 && /^\d{1,3}$/.test(prefix);
  const isSloppy = hasLeadingZeros(address) || /^0\d/.test(prefix);
  const length = Number(prefix);
  const bits = isIpv6(address) ? 128 : 32;
  if (!isWellFormed || length > bits || (!isAddress(address) && !isSloppy)) {
    return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"];
  }
  if (isSloppy) return ["must not have leading 0s in IP or prefix length"];
  if (isMapped(address)) return ["must not have an IPv4-mapped IPv6 address"];
  const host = addressNumber(address) & ((1n << BigInt(bits - length)) - 1n);
  return host === 0n ? [] : ["must not have bits set beyond the prefix length"];
}

export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** Zones are for interfaces of one machine; the API has no place for them. */
function isAddress(value: string): boolean {
  return isIPv4(value) || (isIPv6(value) && !value.includes("%"));
}

/** Octets that some programs would read as octal. */
function hasLeadingZeros(value: string): boolean {
  const octets = value.split(".");
  const isDotted = octets.length === 4 && octets.every((octet) => /^0*\d{1,3}$/.test(octet));
  return isDotted && !isIPv4(value) && octets.every((octet) => Number(octet) < 256);
}

function isMapped(address: string): boolean {
  return isIpv6(address) && addressNumber(address) >> 32n === 0xffffn;
}

/** The address as one number: 32 bits, or 128. */
function addressNumber(address: string): bigint {
  if (!isIpv6(address)) {
    return address.split(".").reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  }
  const hexadecimal = address.replace(/(?:\d+\.){3}\d+$/, (dotted) => {
    const low = addressNumber(dotted);
    return `${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  });
  const [head = [], tail] = hexadecimal.split("::").map((part) => part.split(":").filter(Boolean));
  const missing = tail === undefined ? 0 : 8 - (head.length + tail.length);
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...(tail ?? [])];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
