import type { Volume } from "../../../api/objects.ts";
import { indented } from "./containers.ts";
import type { StringMap } from "./lines.ts";
import { sortedKeys } from "../sorted-json.ts";

/**
 * The kinds of volume that a simulated node could have; a disk of some cloud is `<unknown>`.
 *
 * @see kubectl `describe/describe.go`: describeVolumes
 */
export function volumeLines(volumes: readonly Volume[] = []): readonly string[] {
  if (volumes.length === 0) return ["Volumes:\t<none>"];
  return [
    "Volumes:",
    ...volumes.flatMap((volume) => [`  ${volume.name}:`, ...sourceLines(volume)]),
  ];
}

function sourceLines(volume: Volume): readonly string[] {
  const described = describedSource(volume);
  if (described === undefined) return ["  <unknown>"];
  const [type, ...fields] = described;
  return indented(4, [`Type:\t${type}`, ...fields]);
}

function describedSource(volume: Volume): readonly string[] | undefined {
  const { configMap, csi, downwardAPI, emptyDir, hostPath, image, nfs, projected, secret } = volume;
  const claim = volume.persistentVolumeClaim;
  if (hostPath) {
    return [
      "HostPath (bare host directory volume)",
      `Path:\t${hostPath.path}`,
      `HostPathType:\t${hostPath.type ?? "<none>"}`,
    ];
  }
  if (emptyDir) {
    return [
      "EmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${emptyDir.medium ?? ""}`,
      `SizeLimit:\t${emptyDir.sizeLimit ?? "<unset>"}`,
    ];
  }
  if (secret) {
    return [
      "Secret (a volume populated by a Secret)",
      `SecretName:\t${secret.secretName ?? ""}`,
      `Optional:\t${secret.optional ?? false}`,
    ];
  }
  if (configMap) {
    return [
      "ConfigMap (a volume populated by a ConfigMap)",
      `Name:\t${configMap.name ?? ""}`,
      `Optional:\t${configMap.optional ?? false}`,
    ];
  }
  if (nfs) {
    return [
      "NFS (an NFS mount that lasts the lifetime of a pod)",
      `Server:\t${nfs.server}`,
      `Path:\t${nfs.path}`,
      `ReadOnly:\t${nfs.readOnly ?? false}`,
    ];
  }
  if (claim) {
    return [
      "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
      `ClaimName:\t${claim.claimName}`,
      `ReadOnly:\t${claim.readOnly ?? false}`,
    ];
  }
  if (downwardAPI) {
    return [
      "DownwardAPI (a volume populated by information about the pod)",
      "Items:",
      ...(downwardAPI.items ?? []).map(({ fieldRef, path, resourceFieldRef }) => {
        return `  ${fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? ""} -> ${path}`;
      }),
    ];
  }
  if (projected) return projectedLines(projected);
  if (csi) {
    return [
      "CSI (a Container Storage Interface (CSI) volume source)",
      `Driver:\t${csi.driver}`,
      `FSType:\t${csi.fsType ?? ""}`,
      `ReadOnly:\t${csi.readOnly ?? false}`,
      ...attributeLines(csi.volumeAttributes),
    ];
  }
  if (image) {
    return [
      "Image (a container image or OCI artifact)",
      `Reference:\t${image.reference ?? ""}`,
      `PullPolicy:\t${image.pullPolicy ?? ""}`,
    ];
  }
  return undefined;
}

function projectedLines({ sources = [] }: NonNullable<Volume["projected"]>): readonly string[] {
  return [
    "Projected (a volume that contains injected data from multiple sources)",
    ...(sources ?? []).flatMap(({ configMap, downwardAPI, secret, serviceAccountToken }) => {
      if (secret) return named("SecretName", secret);
      if (downwardAPI) return ["DownwardAPI:\ttrue"];
      if (configMap) return named("ConfigMapName", configMap);
      return serviceAccountToken
        ? [`TokenExpirationSeconds:\t${serviceAccountToken.expirationSeconds ?? 0}`]
        : [];
    }),
  ];
}

function named(
  title: string,
  { name = "", optional = false }: { readonly name?: string; readonly optional?: boolean },
): readonly string[] {
  return [`${title}:\t${name}`, `Optional:\t${optional}`];
}

/** Further right than the other fields: upstream indents these values once more. */
function attributeLines(attributes: StringMap = {}): readonly string[] {
  const lines = sortedKeys(attributes).map((key) => `\t    ${key}=${attributes[key]}`);
  const [first = "\t<none>", ...more] = lines;
  return [`VolumeAttributes:${first}`, ...more.map((line) => `    ${line}`)];
}
