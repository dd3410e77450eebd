import type { StatusCause } from "../errors.ts";
import { forbiddenField, invalidValue, required } from "../field-errors.ts";
import type {
  DownwardAPIVolumeFile,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "../objects.ts";
import { validateFieldRef, validateResourceFieldRef } from "./downward-api.ts";
import { requiredText } from "./field-checks.ts";
import { validateKeyPaths, validateLocalPath, validateMode } from "./volume-files.ts";

/**
 * What is wrong with a volume that several sources share, none of which may write another's file.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateProjectedVolumeSource`
 */
export function validateProjectedVolume(
  { sources = [], defaultMode }: ProjectedVolumeSource,
  field: string,
): StatusCause[] {
  const written = new Set<string>();
  return [
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...(sources ?? []).flatMap((source, index) =>
      validateSource(source, `${field}.sources[${index}]`, field, written),
    ),
  ];
}

/** What is wrong with files that hold fields of the pod. Upstream does not say which file. */
export function validateDownwardApiFiles(
  files: readonly DownwardAPIVolumeFile[] = [],
  field: string,
): StatusCause[] {
  return files.flatMap(({ path, fieldRef, resourceFieldRef, mode }) => {
    const isMissing = fieldRef === undefined && resourceFieldRef === undefined;
    const isBoth = fieldRef !== undefined && resourceFieldRef !== undefined;
    const both = "fieldRef and resourceFieldRef can not be specified simultaneously";
    return [
      ...requiredText(`${field}.path`, path),
      ...validateLocalPath(path, `${field}.path`),
      ...(fieldRef === undefined
        ? []
        : validateFieldRef(fieldRef, fileFieldPaths, `${field}.fieldRef`)),
      ...(isBoth ? [invalidValue(field, "resource", both)] : []),
      ...(resourceFieldRef === undefined || isBoth
        ? []
        : [
            ...requiredText(
              `${field}.resourceFieldRef.containerName`,
              resourceFieldRef.containerName,
            ),
            ...(resourceFieldRef.containerName === undefined
              ? []
              : validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`)),
          ]),
      ...(isMissing ? [required(field, "one of fieldRef and resourceFieldRef is required")] : []),
      ...validateMode(mode, `${field}.mode`),
    ];
  });
}

const fileFieldPaths = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

function validateSource(
  source: VolumeProjection,
  field: string,
  volumeField: string,
  written: Set<string>,
): StatusCause[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  const given = Object.values(source).filter((projection) => projection !== undefined);
  const claimed = (paths: readonly string[], named: (path: string) => string) =>
    paths.flatMap((path) => {
      if (path === "" || !written.has(path)) {
        written.add(path);
        return [];
      }
      return [invalidValue(volumeField, named(path), "conflicting duplicate paths")];
    });
  const keyed = [
    [secret, "secret"],
    [configMap, "configMap"],
  ] as const;
  return [
    ...keyed.flatMap(([projection, type]) =>
      projection === undefined
        ? []
        : [
            ...requiredText(`${field}.${type}.name`, projection.name),
            ...validateKeyPaths(projection.items, `${field}.${type}.items`),
            ...claimed(
              (projection.items ?? []).map(({ path }) => path),
              () => projection.name ?? "",
            ),
          ],
    ),
    ...(downwardAPI === undefined
      ? []
      : [
          ...validateDownwardApiFiles(downwardAPI.items, `${field}.downwardAPI`),
          ...claimed(
            (downwardAPI.items ?? []).map(({ path }) => path),
            (path) => path,
          ),
        ]),
    ...(serviceAccountToken === undefined
      ? []
      : validateToken(serviceAccountToken, `${field}.serviceAccountToken`, volumeField)),
    ...(given.length > 1
      ? [forbiddenField(field, "may not specify more than 1 volume type per source")]
      : []),
  ];
}

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;

/** Upstream names the volume's path where it means the token's. */
function validateToken(
  { expirationSeconds = 0, path }: ServiceAccountTokenProjection,
  field: string,
  volumeField: string,
): StatusCause[] {
  const at = `${field}.expirationSeconds`;
  const tooShort = "may not specify a duration less than 10 minutes";
  const tooLong = "may not specify a duration larger than 2^32 seconds";
  return [
    ...(expirationSeconds < tokenSecondsMin ? [invalidValue(at, expirationSeconds, tooShort)] : []),
    ...(expirationSeconds > tokenSecondsMax ? [invalidValue(at, expirationSeconds, tooLong)] : []),
    ...(path === ""
      ? [required(`${volumeField}.path`)]
      : validateLocalPath(path, `${volumeField}.path`)),
  ];
}
