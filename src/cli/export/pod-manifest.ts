import type { Container, PodSpec, Toleration, Volume } from "../../api/objects.ts";

/**
 * A pod's spec as somebody would write it: without its node, the token of its service account, and
 * what admission worked out from the rest.
 */
export function podManifestSpec(spec: PodSpec): object {
  const {
    nodeName: _node,
    serviceAccount: _alias,
    priority: _worked,
    ephemeralContainers: _later,
    serviceAccountName,
    preemptionPolicy,
    containers,
    initContainers,
    volumes = [],
    tolerations = [],
    ...rest
  } = spec;
  const tokens = new Set(volumes.filter(isToken).map(({ name }) => name));
  const kept = volumes.filter(({ name }) => !tokens.has(name));
  const asked = tolerations.filter((toleration) => !isByDefault(toleration));
  const withoutToken = (all: readonly Container[]): readonly Container[] =>
    all.map((container) => withoutMounts(container, tokens));
  return {
    ...rest,
    containers: withoutToken(containers),
    ...(initContainers !== undefined && { initContainers: withoutToken(initContainers) }),
    ...(kept.length > 0 && { volumes: kept }),
    ...(asked.length > 0 && { tolerations: asked }),
    ...(serviceAccountName !== "default" && { serviceAccountName }),
    ...(preemptionPolicy !== "PreemptLowerPriority" && { preemptionPolicy }),
  };
}

/** @see kubernetes `plugin/pkg/admission/serviceaccount/admission.go`: `createVolume` */
function isToken({ name, projected }: Volume): boolean {
  const sources = projected?.sources ?? [];
  return (
    /^kube-api-access-[a-z0-9]{5}$/.test(name) &&
    sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)
  );
}

function withoutMounts(container: Container, volumes: ReadonlySet<string>): Container {
  const { volumeMounts = [], ...rest } = container;
  const kept = volumeMounts.filter(({ name }) => !volumes.has(name));
  return kept.length === 0 ? rest : { ...rest, volumeMounts: kept };
}

/** @see kubernetes `plugin/pkg/admission/defaulttolerationseconds/admission.go` */
function isByDefault({ key, operator, effect, tolerationSeconds }: Toleration): boolean {
  return (
    (key === "node.kubernetes.io/not-ready" || key === "node.kubernetes.io/unreachable") &&
    operator === "Exists" &&
    effect === "NoExecute" &&
    tolerationSeconds === 300
  );
}
