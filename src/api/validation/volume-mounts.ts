import type { StatusCause } from "../errors.ts";
import {
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
} from "../field-errors.ts";
import type { Container, Volume, VolumeDevice, VolumeMount } from "../objects.ts";
import { requiredText } from "./field-checks.ts";
import { validateDescendingPath } from "./volume-files.ts";

/**
 * What is wrong with how a container mounts the pod's volumes. Some of upstream's paths leave the
 * mount's number out.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateVolumeMounts`
 */
export function validateVolumeMounts(
  container: Container,
  volumes: ReadonlyMap<string, Volume>,
  field: string,
): StatusCause[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const deviceNames = new Set(volumeDevices.map(({ name }) => name));
  const devicePaths = new Set(volumeDevices.map(({ devicePath }) => devicePath));
  const taken = new Set<string>();
  return volumeMounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const { name, mountPath } = mount;
    const isTaken = taken.has(mountPath);
    taken.add(mountPath);
    return [
      ...requiredText(`${at}.name`, name),
      ...(volumes.has(name) ? [] : [notFoundField(`${at}.name`, name)]),
      ...requiredText(`${at}.mountPath`, mountPath),
      ...(isTaken ? [invalidValue(`${at}.mountPath`, mountPath, "must be unique")] : []),
      ...(deviceNames.has(name)
        ? [invalidValue(`${at}.name`, name, "must not already exist in volumeDevices")]
        : []),
      ...(devicePaths.has(mountPath)
        ? [
            invalidValue(
              `${at}.mountPath`,
              mountPath,
              "must not already exist as a path in volumeDevices",
            ),
          ]
        : []),
      ...validateSubPath(mount, at, field),
      ...validatePropagation(mount, container, `${field}.mountPropagation`),
    ];
  });
}

/** What is wrong with the volumes that a container uses as raw block devices. */
export function validateVolumeDevices(
  { volumeDevices = [], volumeMounts = [] }: Container,
  volumes: ReadonlyMap<string, Volume>,
  field: string,
): StatusCause[] {
  const mountNames = new Set(volumeMounts.map(({ name }) => name));
  const mountPaths = new Set(volumeMounts.map(({ mountPath }) => mountPath));
  const names = new Set<string>();
  const paths = new Set<string>();
  return volumeDevices.flatMap((device, index) => {
    const at = `${field}[${index}]`;
    const { name, devicePath } = device;
    const wrong = [
      ...requiredText(`${at}.name`, name),
      ...(names.has(name) ? [invalidValue(`${at}.name`, name, "must be unique")] : []),
      ...validateDeviceVolume(device, volumes, `${at}.name`),
      ...validateDevicePath(devicePath, paths, `${at}.devicePath`),
      ...(mountNames.has(name)
        ? [invalidValue(`${at}.name`, name, "must not already exist in volumeMounts")]
        : []),
      ...(mountPaths.has(devicePath)
        ? [
            invalidValue(
              `${at}.devicePath`,
              devicePath,
              "must not already exist as a path in volumeMounts",
            ),
          ]
        : []),
    ];
    if (name !== "") names.add(name);
    paths.add(devicePath);
    return wrong;
  });
}

function validateSubPath(mount: VolumeMount, at: string, field: string): StatusCause[] {
  const { subPath = "", subPathExpr = "" } = mount;
  const isBoth = subPath !== "" && subPathExpr !== "";
  const both = "subPathExpr and subPath are mutually exclusive";
  return [
    ...(subPath === "" ? [] : validateDescendingPath(subPath, `${field}.subPath`)),
    ...(isBoth ? [invalidValue(`${at}.subPathExpr`, subPathExpr, both)] : []),
    ...(subPathExpr === "" ? [] : validateDescendingPath(subPathExpr, `${field}.subPathExpr`)),
  ];
}

const propagations = ["Bidirectional", "HostToContainer", "None"];

function validatePropagation(
  { mountPropagation }: VolumeMount,
  { securityContext }: Container,
  field: string,
): StatusCause[] {
  if (mountPropagation === undefined) return [];
  if (!propagations.includes(mountPropagation)) {
    return [notSupported(field, mountPropagation, propagations)];
  }
  if (mountPropagation !== "Bidirectional" || securityContext?.privileged === true) return [];
  const rule = "Bidirectional mount propagation is available only to privileged containers";
  return [forbiddenField(field, rule)];
}

function validateDeviceVolume(
  { name }: VolumeDevice,
  volumes: ReadonlyMap<string, Volume>,
  field: string,
): StatusCause[] {
  const volume = volumes.get(name);
  if (volume === undefined) return [notFoundField(field, name)];
  if (volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) return [];
  const rule =
    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
  return [invalidValue(field, name, rule)];
}

function validateDevicePath(
  path: string,
  taken: ReadonlySet<string>,
  field: string,
): StatusCause[] {
  return [
    ...(path === "" ? [required(field)] : []),
    ...(taken.has(path) ? [invalidValue(field, path, "must be unique")] : []),
    ...(path.split("/").includes("..")
      ? [invalidValue(field, path, "can not contain backsteps ('..')")]
      : []),
  ];
}
