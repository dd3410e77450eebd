import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { hashText, RollingHash } from "../kernel/hash.ts";

/** One hash for all objects that an API server holds, whatever the order they came in. */
export function objectsHash(server: ApiServer): string {
  const hash = new RollingHash();
  for (const { group, plural } of server.resources.all) {
    const objects = [...server.objects(group, plural)].map((object) => JSON.stringify(object));
    for (const json of objects.toSorted()) hash.addText(json);
  }
  return hashText(hash.value);
}
