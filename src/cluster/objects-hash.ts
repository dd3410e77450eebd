import { hashText, RollingHash } from "../kernel/hash.ts";
import type { Cluster } from "./cluster.ts";

/** One hash for all objects that the first API server that is up holds, whatever the order they came in. */
export function objectsHash({ servers }: Pick<Cluster, "servers">): string {
  const server = servers.find(({ isServing }) => isServing) ?? servers[0];
  const hash = new RollingHash();
  for (const { group, plural } of server.resources.all) {
    const objects = [...server.objects(group, plural)].map((object) => JSON.stringify(object));
    for (const json of objects.toSorted()) hash.addText(json);
  }
  return hashText(hash.value);
}
