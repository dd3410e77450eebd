import type { ApiClient } from "./api-client.ts";
import { KubectlError } from "./kubectl-error.ts";

/** A type of object that the server has, in one version. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

/** `v1`, `apps/v1`. */
export function apiVersionOf({ group, version }: ApiResource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `pods`, `deployments.apps`: how messages name a resource. */
export function qualifiedName({ group, plural }: ApiResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** `pod`, `deployment.apps`: how an object is named before its slash. */
export function qualifiedKind({ group, kind }: { group: string; kind: string }): string {
  return group === "" ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

/** @param namespace Left out for all namespaces, and ignored by what has none. */
export function resourcePath(
  resource: ApiResource,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name?: string } = {},
): string {
  const root = resource.group === "" ? "/api" : `/apis/${resource.group}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : "";
  const item = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${root}/${resource.version}${scope}/${resource.plural}${item}`;
}

/** What the server has, asked for once a command. In the server's order: what comes first wins. */
export class Discovery {
  readonly #client: ApiClient;
  #resources: Promise<readonly ApiResource[]> | undefined;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  resources(): Promise<readonly ApiResource[]> {
    this.#resources ??= Promise.all([
      this.#discover("/api", "APIVersions"),
      this.#discover("/apis", "APIGroupList"),
    ]).then((groups) => groups.flat());
    return this.#resources;
  }

  /**
   * @param type A plural, singular or short name, or `TYPE.GROUP`, or `TYPE.VERSION.GROUP`.
   * @throws {KubectlError} If the server has no such type.
   */
  async find(type: string): Promise<ApiResource> {
    const resources = await this.resources();
    const [name = "", ...qualifiers] = type.toLowerCase().split(".");
    const [version, ...group] = qualifiers;
    const isIn = (resource: ApiResource): boolean =>
      qualifiers.length === 0 ||
      resource.group === qualifiers.join(".") ||
      (qualifiers.length > 1 && resource.version === version && resource.group === group.join("."));
    const found =
      resources.find((each) => isIn(each) && [each.plural, each.singular].includes(name)) ??
      resources.find((each) => isIn(each) && each.shortNames.includes(name));
    if (found) return found;
    throw new KubectlError(`the server doesn't have a resource type "${type.split(".")[0]}"`);
  }

  /** Whether `kubectl get NAME` means several types. */
  async inCategory(name: string): Promise<readonly ApiResource[]> {
    return preferred(await this.resources()).filter(({ categories }) => categories.includes(name));
  }

  async findKind(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    const resources = await this.resources();
    return resources.find((each) => apiVersionOf(each) === apiVersion && each.kind === kind);
  }

  /** @param legacyKind What a server without aggregated discovery answers. */
  async #discover(path: string, legacyKind: string): Promise<readonly ApiResource[]> {
    const { text, contentType } = await this.#client.send({ path, accept: aggregated });
    const body = JSON.parse(text) as GroupDiscoveryList | LegacyGroups;
    if (contentType.includes("apidiscovery")) return fromAggregated(body as GroupDiscoveryList);
    const { versions, groups } = body as LegacyGroups;
    const groupVersions =
      legacyKind === "APIVersions"
        ? (versions ?? [])
        : (groups ?? []).flatMap((group) => group.versions.map((each) => each.groupVersion));
    const lists = await Promise.all(
      groupVersions.map((groupVersion) =>
        this.#client.json<LegacyResourceList>({ path: `${path}/${groupVersion}` }),
      ),
    );
    return lists.flatMap(fromLegacy);
  }
}

/** Of each resource the version that the server prefers. */
export function preferred(resources: readonly ApiResource[]): readonly ApiResource[] {
  const first = new Map<string, ApiResource>();
  for (const each of resources) {
    const name = qualifiedName(each);
    if (!first.has(name)) first.set(name, each);
  }
  return [...first.values()];
}

const aggregated = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat("application/json")
  .join(",");

/** @see kubernetes `api/apidiscovery/v2/types.go` */
interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: "Namespaced" | "Cluster";
        readonly singularResource: string;
        readonly verbs: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
      }[];
    }[];
  }[];
}

function fromAggregated({ items }: GroupDiscoveryList): readonly ApiResource[] {
  return items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((each) => ({
        group: metadata.name ?? "",
        version,
        plural: each.resource,
        singular: each.singularResource || each.responseKind.kind.toLowerCase(),
        kind: each.responseKind.kind,
        namespaced: each.scope === "Namespaced",
        verbs: each.verbs,
        shortNames: each.shortNames ?? [],
        categories: each.categories ?? [],
      })),
    ),
  );
}

interface LegacyGroups {
  readonly versions?: readonly string[];
  readonly groups?: readonly {
    readonly versions: readonly { readonly groupVersion: string }[];
  }[];
}

/** @see apimachinery `meta/v1/types.go`: APIResourceList */
interface LegacyResourceList {
  readonly groupVersion: string;
  readonly resources: readonly {
    readonly name: string;
    readonly singularName: string;
    readonly namespaced: boolean;
    readonly kind: string;
    readonly verbs: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

function fromLegacy({ groupVersion, resources }: LegacyResourceList): readonly ApiResource[] {
  const [version = "", group = ""] = groupVersion.split("/").toReversed();
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, singularName, kind, namespaced, verbs, shortNames = [], categories = [] }) => ({
      group,
      version,
      plural: name,
      singular: singularName || kind.toLowerCase(),
      kind,
      namespaced,
      verbs,
      shortNames,
      categories,
    }));
}
