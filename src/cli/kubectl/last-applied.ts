import type { PrintableObject } from "./object-printer.ts";
import { sortedJson } from "./sorted-json.ts";

/** Where `apply` keeps the manifest, to know at the next apply what has been taken out of it. */
export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The manifest with itself in its annotation. @see kubectl `util/apply.go`: GetModifiedConfiguration */
export function withLastApplied(manifest: PrintableObject): PrintableObject {
  const { [lastAppliedAnnotation]: _stale, ...annotations } = annotationsOf(manifest);
  const withAnnotations = (all: Readonly<Record<string, string>>): PrintableObject => ({
    ...manifest,
    metadata: { ...manifest.metadata, annotations: all },
  });
  const text = `${sortedJson(withAnnotations(annotations))}\n`;
  return withAnnotations({ ...annotations, [lastAppliedAnnotation]: text });
}

/** The manifest that was applied last, or undefined if the object was made in some other way. */
export function lastAppliedTo(live: PrintableObject): PrintableObject | undefined {
  const text = annotationsOf(live)[lastAppliedAnnotation];
  return text === undefined ? undefined : (JSON.parse(text) as PrintableObject);
}

function annotationsOf({ metadata }: PrintableObject): Readonly<Record<string, string>> {
  return (metadata?.["annotations"] ?? {}) as Readonly<Record<string, string>>;
}
