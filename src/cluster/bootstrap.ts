import { isApiError, isServerFailure } from "../api/errors.ts";
import type { KubeObject } from "../api/objects.ts";
import { invariant } from "../kernel/invariant.ts";
import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { componentUser } from "../control-plane/apiserver/request.ts";

/** @see kubernetes `pkg/controlplane/controller/systemnamespaces` */
const namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** @see kubernetes `pkg/controlplane/controller/kubernetesservice` */
const kubernetesService: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "kubernetes",
    namespace: "default",
    labels: { component: "apiserver", provider: "kubernetes" },
  },
  spec: {
    type: "ClusterIP",
    clusterIP: "10.96.0.1",
    ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: 6443 }],
    sessionAffinity: "None",
  },
};

/** How long until what failed is tried again, µs. */
const retryUs = 1_000_000;

/**
 * What every cluster has from the start: the API server makes it itself, unless it is there, or another
 * one makes it meanwhile.
 */
export function bootstrap(server: ApiServer): void {
  server.whenReady(() => createMissing(server));
}

function createMissing(server: ApiServer): void {
  let missing = namespaces.length;
  for (const name of namespaces) {
    create(
      server,
      "namespaces",
      { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      () => {
        missing--;
        // It is in one of them.
        if (missing === 0) create(server, "services", kubernetesService, () => {});
      },
    );
  }
}

function create(server: ApiServer, plural: string, object: KubeObject, done: () => void): void {
  const resource = server.resources.find("", "v1", plural);
  invariant(resource !== undefined, `${plural} are served`);
  const { namespace = "", name = "" } = object.metadata;
  const isKnown = (): boolean => server.peek(resource, namespace, name) !== undefined;
  if (isKnown()) return done();
  const context = {
    resource,
    namespace,
    name,
    user: componentUser("system:apiserver"),
    client: server.actor.name,
    subresource: "",
    dryRun: false,
  };
  const attempt = (): void =>
    server.create(context, object, (error) => {
      if (error === undefined) return done();
      if (isServerFailure(error)) return void server.after(retryUs, look);
      // What was said to have failed may have been done; then its address is not free either.
      const isThere = isApiError(error, "AlreadyExists") || isKnown();
      invariant(isThere, `the cluster has ${plural}: ${error.message}`);
      done();
    });
  // What was said to have failed may have been done.
  const look = (): void =>
    server.get(context, (error) => {
      if (error === undefined) done();
      else if (isServerFailure(error)) server.after(retryUs, look);
      else attempt();
    });
  attempt();
}
