import type { ApiClient } from "../client/api-client.ts";

/** A loop that brings one thing about; started once, it runs as long as the cluster. */
export interface Controller {
  /** Upstream's name, e.g. `namespace`. */
  readonly name: string;
  start(client: ApiClient): void;
}
