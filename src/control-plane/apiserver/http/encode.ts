import { stringify } from "yaml";
import type { KubeObject } from "../../../api/objects.ts";

/** Each object is written to JSON at most once, however many people read or watch it. */
const written = new WeakMap<object, string>();

/** An object as one line of JSON, `kind` and `apiVersion` first. */
export function objectJson(object: KubeObject): string {
  const { kind, apiVersion } = object;
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},${itemJson(object).slice(1)}`;
}

/** An object as it stands in a list: without what the list says already. */
export function itemJson(object: KubeObject): string {
  let json = written.get(object);
  if (json === undefined) {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
    json = JSON.stringify(rest);
    written.set(object, json);
  }
  return json;
}

/** JSON for people: `?pretty=true`, or a browser or curl that asks. */
export function prettyJson(json: string): string {
  return JSON.stringify(JSON.parse(json), undefined, 2);
}

export function yamlOf(json: string): string {
  return stringify(JSON.parse(json), { lineWidth: 0 });
}
