import { createHash } from "node:crypto";

/** Names a content, so that clients may keep it for good: upper-case SHA-512, as upstream's. */
export function contentHash(text: string): string {
  return createHash("sha512").update(text).digest("hex").toUpperCase();
}
