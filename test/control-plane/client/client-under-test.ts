import { ApiClient } from "../../../src/control-plane/client/api-client.ts";
import type { Network } from "../../../src/kernel/network.ts";
import type { ServerUnderTest } from "../apiserver/server-under-test.ts";

/** One way between the client and its server, seconds. */
export const latencySeconds = 0.0005;

/** A component's client of a server under test. */
export function clientOf(
  api: ServerUnderTest,
  name = "kcm:test",
  id = 20,
  network?: Network,
): ApiClient {
  return new ApiClient({
    actor: { id, name },
    timeline: api.timeline,
    server: api.server,
    username: "system:kube-controller-manager",
    latencyUs: latencySeconds * 1_000_000,
    network,
  });
}
