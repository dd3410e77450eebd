/** A kind as the OpenAPI documents need to know it. */
export interface ServedKind {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** `status`, `binding`, …; names without operations of their own are left out. */
  readonly subresources: readonly string[];
  /** All of them when not given. */
  readonly verbs?: readonly string[];
}

/** `x-kubernetes-group-version-kind`. */
export interface GroupVersionKind {
  readonly group: string;
  readonly kind: string;
  readonly version: string;
}

/** `api/v1`, `apis/apps/v1`: where the group version is served, and its name in the v3 index. */
export function rootPathOf({ group, version }: Omit<GroupVersionKind, "kind">): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}
