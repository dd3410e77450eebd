import type { StatusCause } from "../errors.ts";
import {
  duplicateValue,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from "../field-errors.ts";
import { dns1123Label } from "../names.ts";
import type {
  ConfigMapVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  SecretVolumeSource,
  Volume,
} from "../objects.ts";
import { parseQuantity } from "../quantity.ts";
import { invalidFor, requiredChoice, requiredText } from "./field-checks.ts";
import { validateKeyPaths, validateMode, validatePathWithoutBacksteps } from "./volume-files.ts";
import { validateDownwardApiFiles, validateProjectedVolume } from "./projected-volumes.ts";

/**
 * What is wrong with a pod's volumes, and which of them are sound enough to be mounted: one that is
 * not counts as missing where a container mounts it.
 *
 * The sources of cloud providers and storage vendors are taken as they are.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateVolumes`
 */
export function validateVolumes(
  volumes: readonly Volume[] = [],
  field: string,
): { causes: StatusCause[]; sound: ReadonlyMap<string, Volume> } {
  const sound = new Map<string, Volume>();
  const causes = volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const wrong = [
      ...validateVolumeSource(volume, at),
      ...(volume.name === ""
        ? [required(`${at}.name`)]
        : invalidFor(`${at}.name`, volume.name, dns1123Label(volume.name))),
      ...(sound.has(volume.name) ? [duplicateValue(`${at}.name`, volume.name)] : []),
    ];
    if (wrong.length === 0) sound.set(volume.name, volume);
    return wrong;
  });
  return { causes, sound };
}

/** In upstream's order, which decides which of several sources is the one too many. */
const sourceTypes = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
] as const satisfies readonly (keyof Volume)[];

function validateVolumeSource(volume: Volume, field: string): StatusCause[] {
  const [first, ...others] = sourceTypes.filter((type) => volume[type] !== undefined);
  if (first === undefined) return [required(field, "must specify a volume type")];
  return [
    ...validateSource(volume, `${field}.${first}`),
    ...others.map((type) =>
      forbiddenField(`${field}.${type}`, "may not specify more than 1 volume type"),
    ),
  ];
}

function validateSource(volume: Volume, field: string): StatusCause[] {
  const { emptyDir, hostPath, secret, nfs, persistentVolumeClaim, downwardAPI } = volume;
  const { configMap, projected, csi, image } = volume;
  if (emptyDir !== undefined) {
    const { sizeLimit = "0" } = emptyDir;
    const problem = "SizeLimit field must be a valid resource quantity";
    return parseQuantity(sizeLimit) < 0n ? [forbiddenField(`${field}.sizeLimit`, problem)] : [];
  }
  if (hostPath !== undefined) return validateHostPath(hostPath, field);
  if (secret !== undefined) return validateSecretVolume(secret, field);
  if (nfs !== undefined) return validateNfs(nfs, field);
  if (persistentVolumeClaim !== undefined) {
    return requiredText(`${field}.claimName`, persistentVolumeClaim.claimName);
  }
  if (downwardAPI !== undefined) {
    return [
      ...validateMode(downwardAPI.defaultMode, `${field}.defaultMode`),
      ...validateDownwardApiFiles(downwardAPI.items, field),
    ];
  }
  if (configMap !== undefined) return validateConfigMapVolume(configMap, field);
  if (projected !== undefined) return validateProjectedVolume(projected, field);
  if (csi !== undefined) return requiredText(`${field}.driver`, csi.driver);
  if (image !== undefined) {
    return [
      ...requiredText(`${field}.reference`, image.reference),
      ...requiredChoice(`${field}.pullPolicy`, image.pullPolicy, [
        "Always",
        "IfNotPresent",
        "Never",
      ]),
    ];
  }
  return [];
}

/** The empty type asks for no check; upstream prints it among the supported ones. */
const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

function validateHostPath({ path, type = "" }: HostPathVolumeSource, field: string): StatusCause[] {
  if (path === "") return [required(`${field}.path`)];
  return [
    ...validatePathWithoutBacksteps(path, `${field}.path`),
    ...(hostPathTypes.includes(type) ? [] : [notSupported(`${field}.type`, type, hostPathTypes)]),
  ];
}

function validateSecretVolume(source: SecretVolumeSource, field: string): StatusCause[] {
  return [
    ...requiredText(`${field}.secretName`, source.secretName),
    ...validateMode(source.defaultMode, `${field}.defaultMode`),
    ...validateKeyPaths(source.items, `${field}.items`),
  ];
}

function validateConfigMapVolume(source: ConfigMapVolumeSource, field: string): StatusCause[] {
  return [
    ...requiredText(`${field}.name`, source.name),
    ...validateMode(source.defaultMode, `${field}.defaultMode`),
    ...validateKeyPaths(source.items, `${field}.items`),
  ];
}

function validateNfs({ server, path }: NFSVolumeSource, field: string): StatusCause[] {
  return [
    ...requiredText(`${field}.server`, server),
    ...requiredText(`${field}.path`, path),
    ...(path.startsWith("/")
      ? []
      : [invalidValue(`${field}.path`, path, "must be an absolute path")]),
  ];
}
