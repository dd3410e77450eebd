import type { Headers } from "./exchange.ts";

/** Warnings of one answer, characters; what goes beyond is left out. */
const totalMax = 4_096;

/**
 * One header with all warnings: HTTP/2 and HTTP/1.1 both allow the list form.
 *
 * @see kubernetes `apimachinery/pkg/util/net/http.go`: `NewWarningHeader`
 */
export function warningHeaders(warnings: readonly string[]): Headers {
  const values: string[] = [];
  let total = 0;
  for (const text of new Set(warnings)) {
    total += text.length;
    if (total > totalMax) break;
    if (!/\p{Cc}/u.test(text)) values.push(`299 - "${quoted(text)}"`);
  }
  return values.length === 0 ? {} : { warning: values.join(", ") };
}

/** Headers are bytes: a character beyond ASCII goes as the bytes of its UTF-8. */
function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return Buffer.from(escaped).toString("latin1");
}
