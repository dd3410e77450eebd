import type { Cluster } from "../../src/cluster/cluster.ts";
import { ApiDriver } from "./apiserver/api-driver.ts";

/** A cluster whose time the test turns. */
export interface ClusterDriver {
  readonly cluster: Cluster;
  /** Asks its API server, at once. */
  readonly api: ApiDriver;
  /** Lets so much virtual time pass. */
  readonly pass: (seconds: number) => Promise<void>;
  /** Lets those act who have something to do at once. */
  readonly settle: () => Promise<void>;
}

export function driving(cluster: Cluster): ClusterDriver {
  return {
    cluster,
    api: new ApiDriver(cluster.server),
    pass: (seconds) => cluster.advance(seconds * 1_000_000),
    settle: () => cluster.advance(100_000),
  };
}
