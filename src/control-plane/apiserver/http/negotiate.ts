import { notAcceptable } from "../../../api/errors.ts";

/** How an answer is to be written. */
export interface Representation {
  readonly as: "object" | "table" | "partial";
  readonly encoding: "json" | "yaml";
  /** Of the table or partial metadata: `meta.k8s.io/v1`. */
  readonly metaVersion: string;
}

const servedTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

interface MediaRange {
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
  readonly quality: number;
}

/**
 * Picks the first media range that can be served, best quality first.
 *
 * @throws {ApiError} NotAcceptable
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`
 */
export function negotiate(accept: string | undefined): Representation {
  for (const { type, params } of mediaRanges(accept)) {
    const encoding = encodingOf(type);
    if (encoding === undefined) continue;
    const { as, g, v } = params;
    if (as === undefined) return { as: "object", encoding, metaVersion: "" };
    if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) continue;
    const metaVersion = `meta.k8s.io/${v}`;
    if (as === "Table") return { as: "table", encoding, metaVersion };
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
      return { as: "partial", encoding, metaVersion };
    }
  }
  throw notAcceptable(servedTypes);
}

/** The version of aggregated discovery a client would like: `v2`, `v2beta1`, or none. */
export function negotiateDiscovery(accept: string | undefined): "v2" | "v2beta1" | undefined {
  for (const { type, params } of mediaRanges(accept)) {
    if (type !== "application/json" && type !== "*/*") continue;
    if (params["as"] === undefined) return undefined;
    const { as, g, v } = params;
    const isAggregated = as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io";
    if (isAggregated && (v === "v2" || v === "v2beta1")) return v;
  }
  return undefined;
}

/** The ranges of an `Accept` header, best first; everything when there is none. */
export function mediaRanges(accept: string | undefined): readonly MediaRange[] {
  if (accept === undefined || accept.trim() === "")
    return [{ type: "*/*", params: {}, quality: 1 }];
  return accept
    .split(",")
    .map(parseRange)
    .toSorted((left, right) => right.quality - left.quality);
}

function parseRange(range: string): MediaRange {
  const [type = "", ...rest] = range.split(";").map((part) => part.trim());
  const params: Record<string, string> = {};
  for (const param of rest) {
    const [name = "", value = ""] = param.split("=");
    params[name] = value;
  }
  const { q = "1", ...others } = params;
  return { type: type.toLowerCase(), params: others, quality: Number(q) || 0 };
}

function encodingOf(type: string): Representation["encoding"] | undefined {
  if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  return type === "application/yaml" ? "yaml" : undefined;
}
