import { isIPv4, isIPv6 } from "node:net";
import * as der from "./der.ts";

/**
 * The value of the extension that lists what a serving certificate is valid for: an iPAddress for
 * what is one, a dNSName for the rest. TLS clients check nothing else.
 *
 * @see RFC 5280, section 4.2.1.6
 */
export function subjectAlternativeName(names: readonly string[]): Buffer {
  return der.sequence(...names.map(generalName));
}

function generalName(name: string): Buffer {
  if (isIPv4(name)) return der.implicit(7, Buffer.from(name.split(".").map(Number)));
  if (isIPv6(name)) return der.implicit(7, ipv6Bytes(name));
  return der.implicit(2, Buffer.from(name, "ascii"));
}

/** The URL parser canonicalises every spelling to groups with at most one `::`. */
function ipv6Bytes(address: string): Buffer {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail = ""] = canonical.split("::");
  const front = head.split(":").filter((group) => group !== "");
  const back = tail.split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  const groups = [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
