import type { Resource } from "./resource.ts";
import { apiVersionOf } from "./resource.ts";

/** The kinds a server serves, in discovery order. */
export class ResourceTable {
  readonly all: readonly Resource[];
  readonly #byKind: ReadonlyMap<string, Resource>;

  constructor(resources: readonly Resource[]) {
    this.all = resources;
    this.#byKind = new Map(
      resources.map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource]),
    );
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    // A dozen comparisons of what is mostly the same text cost less than making a key of it.
    for (const kind of this.all) {
      if (kind.plural === plural && kind.group === group && kind.version === version) return kind;
    }
    return undefined;
  }

  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** Group/versions in discovery order, the core group first. */
  groupVersions(): readonly { readonly group: string; readonly version: string }[] {
    const seen = new Map(
      this.all.map(({ group, version }) => [`${group}/${version}`, { group, version }]),
    );
    return [...seen.values()];
  }

  inGroupVersion(group: string, version: string): readonly Resource[] {
    return this.all.filter((resource) => resource.group === group && resource.version === version);
  }
}
