import { equalJson } from "../../../api/equal-json.ts";
import { type PodQosClass, podQosClass } from "../../../api/pod-qos.ts";
import type { Container, KubeObject, ObjectMeta, Pod, PodSpec } from "../../../api/objects.ts";
import type { PodSeed } from "./pod-row.ts";

/** Per-pod names that admission gives: characters that depend on the pod and the seed alone. */
export type SuffixOf = (namespace: string, name: string, atUs: number) => string;

/**
 * What pods made from one template have in common: everything that was sent, defaulted, admitted and
 * validated, but names and times. What differs in a spec is the name of the volume with the token.
 */
export class PodTemplate {
  /** Without what names the pod: labels, annotations, owners. */
  readonly metadata: ObjectMeta;
  /** As admitted for the first pod. */
  readonly spec: PodSpec;
  readonly qosClass: PodQosClass;
  readonly #tokenVolume: string;
  readonly #suffixOf: SuffixOf;

  /** @param first A pod as admission made it, before it is stored. */
  constructor(first: Pod, createdAtUs: number, suffixOf: SuffixOf) {
    const { namespace = "", name = "" } = first.metadata;
    this.metadata = first.metadata;
    this.spec = first.spec;
    this.qosClass = podQosClass(first);
    this.#suffixOf = suffixOf;
    const volume = tokenVolumeName(suffixOf(namespace, name, createdAtUs));
    const hasToken = (first.spec.volumes ?? []).some((each) => each.name === volume);
    this.#tokenVolume = hasToken ? volume : "";
  }

  /** The spec of one of its pods, as its creation left it. */
  specOf({ namespace, name, createdAtUs }: PodSeed): PodSpec {
    const { spec } = this;
    if (this.#tokenVolume === "") return spec;
    const volume = tokenVolumeName(this.#suffixOf(namespace, name, createdAtUs));
    if (volume === this.#tokenVolume) return spec;
    const renamed = <T extends { readonly name: string }>(named: T): T =>
      named.name === this.#tokenVolume ? { ...named, name: volume } : named;
    const mounted = (container: Container): Container =>
      container.volumeMounts === undefined
        ? container
        : { ...container, volumeMounts: container.volumeMounts.map(renamed) };
    return {
      ...spec,
      ...(spec.volumes !== undefined && { volumes: spec.volumes.map(renamed) }),
      ...(spec.initContainers !== undefined && {
        initContainers: spec.initContainers.map(mounted),
      }),
      containers: spec.containers.map(mounted),
    };
  }
}

export function tokenVolumeName(suffix: string): string {
  return `kube-api-access-${suffix}`;
}

/**
 * Templates of pods that were admitted, by the very spec that was sent: what a controller creates from
 * its template is defaulted, admitted and validated once.
 */
export class PodTemplates {
  readonly #bySpec = new Map<unknown, KnownTemplate[]>();

  /** @param account The service account as admission saw it: another version may admit otherwise. */
  find(sent: KubeObject, namespace: string, account: unknown): PodTemplate | undefined {
    return this.#bySpec
      .get(sent["spec"])
      ?.find(
        (known) =>
          known.namespace === namespace &&
          known.account === account &&
          isNamesake(known.metadata, sent.metadata),
      )?.template;
  }

  add(sent: KubeObject, namespace: string, account: unknown, template: PodTemplate): void {
    const known = this.#bySpec.get(sent["spec"]) ?? [];
    const entry = { namespace, account, metadata: withoutName(sent.metadata), template };
    if (this.#bySpec.size >= templatesMax) this.#bySpec.clear();
    this.#bySpec.set(sent["spec"], [entry, ...known.slice(0, variantsMax)]);
  }
}

/** Specs remembered, and sets of labels and the like of one spec. */
const templatesMax = 1_024;
const variantsMax = 8;

interface KnownTemplate {
  readonly namespace: string;
  readonly account: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly template: PodTemplate;
}

/** Whether metadata is another's but for the name. */
function isNamesake(known: Readonly<Record<string, unknown>>, sent: ObjectMeta): boolean {
  let fields = 0;
  for (const field in sent) {
    if (field === "name" || field === "namespace") continue;
    const value = sent[field as keyof ObjectMeta];
    if (value === undefined) continue;
    if (!equalJson(value, known[field])) return false;
    fields++;
  }
  for (const field in known) if (known[field] !== undefined) fields--;
  return fields === 0;
}

function withoutName(metadata: ObjectMeta): Readonly<Record<string, unknown>> {
  const { name: _name, namespace: _namespace, ...rest } = metadata;
  return rest;
}
