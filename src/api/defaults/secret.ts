import { base64OfText } from "../base64.ts";
import type { Secret } from "../objects.ts";

/**
 * A Secret with its type, its plain texts moved among its data. A text wins over data of its key.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_Secret`;
 *   `pkg/apis/core/v1/conversion.go`: `Convert_v1_Secret_To_core_Secret`
 */
export function defaultSecret(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  const type = secret.type || "Opaque";
  if (stringData === undefined) return { ...rest, type };
  const texts = Object.entries(stringData).map(([key, text]) => [key, base64OfText(text)]);
  const data = { ...secret.data, ...(Object.fromEntries(texts) as Record<string, string>) };
  const sorted = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...rest, data: Object.fromEntries(sorted), type };
}
