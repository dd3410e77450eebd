import { qualifiedName } from "./names.ts";

/** `hugepages-2Mi` and the like. */
export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Of Kubernetes' own: without a domain, or within `kubernetes.io/`. */
export function isNativeResource(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/**
 * A resource that someone else defines, such as `nvidia.com/gpu`: counted in whole units.
 *
 * @see kubernetes `pkg/apis/core/helper/helpers.go`: `IsExtendedResourceName`
 */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith("requests.")) return false;
  return qualifiedName(`requests.${name}`).length === 0;
}
