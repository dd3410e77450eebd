import type { DownwardAPIVolumeFile, Volume, VolumeProjection } from "../objects.ts";
import { defaultPullPolicy } from "./container.ts";

/** Files that everyone may read and their owner may write. */
const fileMode = 0o644;
const tokenSeconds = 3600;

/**
 * A volume with its source's fields filled in; one without a source is an empty directory.
 *
 * The sources of cloud providers and storage vendors are left as they are.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_Volume` and those of its sources
 */
export function defaultVolume(volume: Volume): Volume {
  const { hostPath, secret, configMap, downwardAPI, projected, image, ...others } = volume;
  if (Object.keys(volume).length === 1) return { ...volume, emptyDir: {} };
  return {
    ...others,
    ...(hostPath !== undefined && { hostPath: { ...hostPath, type: hostPath.type ?? "" } }),
    ...(secret !== undefined && {
      secret: { ...secret, defaultMode: secret.defaultMode ?? fileMode },
    }),
    ...(configMap !== undefined && {
      configMap: { ...configMap, defaultMode: configMap.defaultMode ?? fileMode },
    }),
    ...(downwardAPI !== undefined && {
      downwardAPI: {
        ...downwardAPI,
        ...(downwardAPI.items !== undefined && { items: downwardAPI.items.map(defaultFile) }),
        defaultMode: downwardAPI.defaultMode ?? fileMode,
      },
    }),
    ...(projected !== undefined && {
      projected: {
        ...projected,
        sources: (projected.sources ?? []).map(defaultProjection),
        defaultMode: projected.defaultMode ?? fileMode,
      },
    }),
    ...(image !== undefined && {
      image: { ...image, pullPolicy: image.pullPolicy || defaultPullPolicy(image.reference ?? "") },
    }),
  };
}

function defaultProjection(source: VolumeProjection): VolumeProjection {
  const { downwardAPI, serviceAccountToken: token } = source;
  return {
    ...source,
    ...(downwardAPI?.items !== undefined && {
      downwardAPI: { ...downwardAPI, items: downwardAPI.items.map(defaultFile) },
    }),
    ...(token !== undefined && {
      serviceAccountToken: { ...token, expirationSeconds: token.expirationSeconds ?? tokenSeconds },
    }),
  };
}

function defaultFile(file: DownwardAPIVolumeFile): DownwardAPIVolumeFile {
  const { fieldRef } = file;
  if (fieldRef === undefined) return file;
  return { ...file, fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion || "v1" } };
}
