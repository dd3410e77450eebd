/** How many bytes a base64 text stands for. */
export function base64ByteLength(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** A text in UTF-8 and base64, as the API carries bytes. */
export function base64OfText(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

export function textOfBase64(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
