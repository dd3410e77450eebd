import { apiVersionOf, type Resource } from "../resource.ts";
import type { ResourceTable } from "../resource-table.ts";

/** The body of `/api`. */
export function legacyVersions(serverAddress: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** The body of `/apis`. */
export function groupList(resources: ResourceTable): object {
  const groups = groupsOf(resources).map((group) => groupBody(resources, group));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** The body of `/apis/GROUP`; `undefined` for a group that is not served. */
export function groupDocument(resources: ResourceTable, group: string): object | undefined {
  if (!groupsOf(resources).includes(group)) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupBody(resources, group) };
}

/** The body of `/api/v1` and `/apis/GROUP/VERSION`; `undefined` for what is not served. */
export function resourceList(
  resources: ResourceTable,
  group: string,
  version: string,
): object | undefined {
  const served = resources.inGroupVersion(group, version);
  if (served.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    ...(group !== "" && { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: served.flatMap(resourceEntries),
  };
}

/** Aggregated discovery: the body of `/api` or `/apis` for clients that ask for it. */
export function aggregatedDiscovery(
  resources: ResourceTable,
  root: "api" | "apis",
  version: "v2" | "v2beta1",
): object {
  const groups = root === "api" ? [""] : groupsOf(resources);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group !== "" && { name: group }), creationTimestamp: null },
      versions: versionsOf(resources, group).map((served) => ({
        version: served,
        resources: resources.inGroupVersion(group, served).map(discoveredResource),
        freshness: "Current",
      })),
    })),
  };
}

function groupsOf(resources: ResourceTable): readonly string[] {
  return [...new Set(resources.all.map(({ group }) => group))].filter((group) => group !== "");
}

function versionsOf(resources: ResourceTable, group: string): readonly string[] {
  const ofGroup = resources.all.filter((resource) => resource.group === group);
  return [...new Set(ofGroup.map(({ version }) => version))];
}

function groupBody(resources: ResourceTable, group: string): object {
  const versions = versionsOf(resources, group).map((version) => ({
    groupVersion: apiVersionOf({ group, version }),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceEntries(resource: Resource): readonly object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const subresources = resource.subresources.map((subresource) => {
    const isForeign =
      subresource.group !== resource.group || subresource.version !== resource.version;
    return {
      name: `${plural}/${subresource.name}`,
      singularName: "",
      namespaced,
      ...(isForeign && { group: subresource.group, version: subresource.version }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    };
  });
  return [main, ...subresources];
}

function discoveredResource(resource: Resource): object {
  const { group, version, kind, plural, singular, namespaced, verbs } = resource;
  const { shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: {
          group: subresource.group,
          version: subresource.version,
          kind: subresource.kind,
        },
        verbs: subresource.verbs,
      })),
    }),
  };
}
