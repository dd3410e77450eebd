import { base64ByteLength, textOfBase64 } from "../base64.ts";
import type { StatusCause } from "../errors.ts";
import { invalidValue, required, tooLong } from "../field-errors.ts";
import { configMapKey } from "../names.ts";
import type { Secret } from "../objects.ts";
import { dataBytesMax, validateImmutableData } from "./config-map.ts";
import { invalidFor } from "./field-checks.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";
import { immutableField } from "./object-meta.ts";

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateSecret` */
export function validateSecret(secret: Secret): StatusCause[] {
  const entries = Object.entries(secret.data ?? {});
  const bytes = entries.reduce((sum, [, value]) => sum + base64ByteLength(value), 0);
  return [
    ...validateFinalizerNames(secret.metadata),
    ...entries.flatMap(([key]) => invalidFor(`data[${key}]`, key, configMapKey(key))),
    ...(bytes > dataBytesMax ? [tooLong("data", "", dataBytesMax)] : []),
    ...validateForType(secret),
  ];
}

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateSecretUpdate` */
export function validateSecretUpdate(secret: Secret, old: Secret): StatusCause[] {
  return [
    ...immutableField("type", secret.type ?? "", old.type ?? ""),
    ...validateImmutableData(secret, old, ["data"]),
  ];
}

const serviceAccountName = "kubernetes.io/service-account.name";

/** What a Secret of a known type must hold. Any other type may hold anything. */
function validateForType({ type, data = {}, metadata }: Secret): StatusCause[] {
  const missing = (...keys: string[]) =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
  switch (type) {
    case "kubernetes.io/service-account-token":
      return (metadata.annotations?.[serviceAccountName] ?? "") === ""
        ? [required(`metadata.annotations[${serviceAccountName}]`)]
        : [];
    case "kubernetes.io/dockercfg":
      return [...missing(".dockercfg"), ...validateJson(data, ".dockercfg")];
    case "kubernetes.io/dockerconfigjson":
      return [...missing(".dockerconfigjson"), ...validateJson(data, ".dockerconfigjson")];
    case "kubernetes.io/basic-auth": {
      const both = missing("username", "password");
      return both.length === 2 ? both : [];
    }
    case "kubernetes.io/ssh-auth":
      return (data["ssh-privatekey"] ?? "") === "" ? [required("data[ssh-privatekey]")] : [];
    case "kubernetes.io/tls":
      return missing("tls.crt", "tls.key");
    default:
      return [];
  }
}

/** The message about malformed JSON is ours where upstream passes on its parser's. */
function validateJson(data: Readonly<Record<string, string>>, key: string): StatusCause[] {
  const value = data[key];
  if (value === undefined || isJsonObject(textOfBase64(value))) return [];
  return [invalidValue(`data[${key}]`, "<secret contents redacted>", "must be a JSON object")];
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value);
  } catch {
    return false;
  }
}
