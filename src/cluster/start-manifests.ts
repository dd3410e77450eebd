import type { KubeObject } from "../api/objects.ts";
import type { HttpReply, HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import type { UserInfo } from "../control-plane/apiserver/request.ts";
import { apiVersionOf, type Resource } from "../control-plane/apiserver/resource.ts";
import type { Cluster } from "./cluster.ts";
import type { Exchanges } from "./exchanges.ts";
import { podraceVersion } from "./version.ts";

/** An object that a cluster starts with. */
export interface StartManifest {
  /** As errors name it, e.g. `web.yaml, document 2`. */
  readonly source: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** A manifest that the cluster refuses: which one, and why. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";

  constructor({ source }: StartManifest, problem: string) {
    super(`${source}: ${problem}`);
  }
}

/** How long an answer, or what a namespace needs, may take, µs of virtual time. */
const patienceUs = 60_000_000;

/**
 * Gives a cluster that has just started the objects of manifests: namespaces first, all else in the
 * given order, what is there already is changed. They come in as requests do, so they are recorded,
 * and time has not passed for them but for 1 µs each and what a new namespace needs.
 *
 * @throws {ManifestError} At the first one that is refused.
 */
export async function applyManifests(
  cluster: Cluster,
  exchanges: Exchanges,
  manifests: readonly StartManifest[],
): Promise<void> {
  const isNamespace = ({ object }: StartManifest): boolean => object["kind"] === "Namespace";
  const namespaces = manifests.filter(isNamespace);
  for (const manifest of namespaces) await apply(cluster, exchanges, manifest);
  // Pods are refused in a namespace that has no service account yet.
  if (namespaces.length > 0) await cluster.advanceUntil(() => haveAccounts(cluster), patienceUs);
  for (const manifest of manifests) {
    if (!isNamespace(manifest)) await apply(cluster, exchanges, manifest);
  }
}

async function apply(
  cluster: Cluster,
  exchanges: Exchanges,
  manifest: StartManifest,
): Promise<void> {
  const { object } = manifest;
  const { apiVersion, kind, metadata } = object as Partial<KubeObject>;
  const resource = cluster.server.resources.all.find(
    (each) => each.kind === kind && apiVersionOf(each) === apiVersion,
  );
  if (resource === undefined) {
    const asked = `kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
    throw new ManifestError(manifest, `no matches for ${asked}`);
  }
  const { namespace, name = "" } = metadata ?? {};
  const path = collectionPath(resource, namespace);
  const body = Buffer.from(JSON.stringify(object));
  const ask = (method: string, url: string, contentType: string): Promise<Answer> =>
    send(cluster, exchanges, {
      method,
      url: `${url}?fieldManager=podrace&fieldValidation=Strict`,
      headers: {
        accept: "application/json",
        "content-type": contentType,
        "user-agent": `podrace/${podraceVersion}`,
      },
      body,
      user: administrator,
    });
  let answer = await ask("POST", path, "application/json");
  if (answer.code === 409 && name !== "") {
    const item = `${path}/${encodeURIComponent(name)}`;
    answer = await ask("PATCH", item, "application/strategic-merge-patch+json");
  }
  if (answer.code >= 300) throw new ManifestError(manifest, problemIn(answer.body));
}

interface Answer {
  readonly code: number;
  readonly body: string;
}

/** Who `kubectl` is, too, with the cluster's own kubeconfig. */
const administrator: UserInfo = {
  username: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
};

async function send(cluster: Cluster, exchanges: Exchanges, request: HttpRequest): Promise<Answer> {
  let answer: Answer | undefined;
  const reply: HttpReply = {
    send: (code, _headers, body) => {
      answer = { code, body: typeof body === "string" ? body : Buffer.from(body).toString("utf8") };
    },
    open: () => ({ write: () => {}, end: () => {} }),
    breakOff: () => {
      answer = { code: 503, body: "the API server is down" };
    },
  };
  exchanges.take(request, reply, 0);
  await cluster.simulation.advanceTo(exchanges.lastInputUs);
  if (answer === undefined) await cluster.advanceUntil(() => answer !== undefined, patienceUs);
  return answer ?? { code: 504, body: "the API server does not answer" };
}

function collectionPath({ group, version, plural, namespaced }: Resource, given?: string): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  if (!namespaced) return `${root}/${plural}`;
  return `${root}/namespaces/${encodeURIComponent(given ?? "default")}/${plural}`;
}

function haveAccounts({ server }: Cluster): boolean {
  const accounts = new Set<string | undefined>();
  for (const { metadata } of server.objects("", "serviceaccounts")) {
    if (metadata.name === "default") accounts.add(metadata.namespace);
  }
  return [...server.objects("", "namespaces")].every(({ metadata }) => accounts.has(metadata.name));
}

function problemIn(body: string): string {
  try {
    return (JSON.parse(body) as { readonly message?: string }).message ?? body;
  } catch {
    return body;
  }
}
