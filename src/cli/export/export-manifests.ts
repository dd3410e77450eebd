import type { ApiClient } from "../kubectl/api-client.ts";
import {
  apiVersionOf,
  type ApiResource,
  Discovery,
  preferred,
  qualifiedName,
  resourcePath,
} from "../kubectl/discovery.ts";
import type { PrintableObject } from "../kubectl/object-printer.ts";
import { usageError } from "../cli-error.ts";
import { manifestOf } from "./manifest-of.ts";

/** What a cluster makes itself, or only says about others. */
const notExported: ReadonlySet<string> = new Set([
  "endpoints",
  "endpointslices.discovery.k8s.io",
  "events",
  "events.events.k8s.io",
  "leases.coordination.k8s.io",
  "nodes",
]);

/** What others may need comes before them; what is not named here before pods, by its name. */
const firstKinds = ["Namespace", "ServiceAccount", "Secret", "ConfigMap", "Service"];
const lastKind = "Pod";

/**
 * Manifests of what is in a cluster at one revision, in an order in which they can be applied.
 *
 * @param options.namespace Only what is in it, and itself; default: everything.
 * @param options.types As kubectl takes them: `pods`, `po`; default: all.
 * @throws {CliError} Exit code 2 for a type that is not exported.
 * @throws {KubectlError} For a type that the server does not have.
 */
export async function exportManifests(
  client: ApiClient,
  { namespace, types }: { readonly namespace?: string; readonly types: readonly string[] },
): Promise<readonly PrintableObject[]> {
  const resources = (await exportedResources(new Discovery(client), types)).filter(
    ({ namespaced, kind }) => namespace === undefined || namespaced || kind === "Namespace",
  );
  const manifests: PrintableObject[] = [];
  let resourceVersion: string | undefined;
  for (const resource of resources.toSorted(byPlace)) {
    const list: List = await client.json({
      path: resourcePath(resource, { namespace }),
      query: {
        resourceVersion,
        resourceVersionMatch: resourceVersion === undefined ? undefined : "Exact",
        ...(namespace !== undefined &&
          !resource.namespaced && { fieldSelector: `metadata.name=${namespace}` }),
      },
    });
    resourceVersion ??= list.metadata.resourceVersion;
    const { kind } = resource;
    const objects = list.items.toSorted(byName).flatMap((item) => {
      const manifest = manifestOf({ ...item, apiVersion: apiVersionOf(resource), kind });
      return manifest === undefined ? [] : [manifest];
    });
    manifests.push(...objects);
  }
  return manifests;
}

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly PrintableObject[];
}

async function exportedResources(
  discovery: Discovery,
  types: readonly string[],
): Promise<readonly ApiResource[]> {
  const isExported = (resource: ApiResource): boolean =>
    ["list", "create"].every((verb) => resource.verbs.includes(verb)) &&
    !notExported.has(qualifiedName(resource));
  const all = preferred(await discovery.resources()).filter(isExported);
  if (types.length === 0) return all;
  const asked = await Promise.all(types.map((type) => discovery.find(type)));
  for (const resource of asked) {
    if (isExported(resource)) continue;
    const possible = all.map(qualifiedName).join(", ");
    throw usageError(
      `${qualifiedName(resource)} are not exported, for a cluster has its own: expected some of ${possible}`,
    );
  }
  return all.filter((each) => asked.some((one) => qualifiedName(one) === qualifiedName(each)));
}

function byPlace(left: ApiResource, right: ApiResource): number {
  const placeOf = ({ kind }: ApiResource): number => {
    const place = firstKinds.indexOf(kind);
    return place !== -1 ? place : firstKinds.length + Number(kind === lastKind);
  };
  return placeOf(left) - placeOf(right) || byText(qualifiedName(left), qualifiedName(right));
}

function byName(left: PrintableObject, right: PrintableObject): number {
  const namespaceOf = ({ metadata }: PrintableObject): string =>
    (metadata?.["namespace"] as string | undefined) ?? "";
  return (
    byText(namespaceOf(left), namespaceOf(right)) ||
    byText(left.metadata?.name ?? "", right.metadata?.name ?? "")
  );
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
