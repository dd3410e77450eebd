import type { ObjectMeta } from "./schema/types.generated.ts";

export type * from "./schema/types.generated.ts";

/** Any object of the API: what the generic registry, the store and the watch handle. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}
