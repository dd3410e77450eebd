import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { type HttpRequest, isForPodrace } from "../control-plane/apiserver/http/exchange.ts";
import type { ActorRef } from "../kernel/timeline.ts";

/** Nothing befalls it: time can be turned on while the only API server is down. */
const podrace: ActorRef = { id: 1, name: "podrace" };

/** Who handles a request that comes in at the port of an API server. */
export function recipientOf(request: HttpRequest, { actor }: Pick<ApiServer, "actor">): ActorRef {
  return isForPodrace(request) ? podrace : actor;
}
