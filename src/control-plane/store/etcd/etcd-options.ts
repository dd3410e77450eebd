import { StoreError } from "../store-errors.ts";

/** How to reach an etcd cluster, and as whom. */
export interface EtcdOptions {
  /** Of all members, or of some, e.g. `https://10.0.0.1:2379`. */
  readonly endpoints: readonly string[];
  /** For `https` endpoints. */
  readonly tls?: EtcdTls;
  /** For a cluster that has authentication enabled. */
  readonly user?: { readonly name: string; readonly password: string };
  /** After so long a request is given up. Default 10 s. */
  readonly requestTimeoutMs?: number;
}

/** All PEM. */
export interface EtcdTls {
  /** Who signed the servers' certificates; default: the authorities that Node.js knows. */
  readonly caPem?: string;
  /** The client's own, if the servers ask for one; both or none. */
  readonly certificatePem?: string;
  readonly keyPem?: string;
}

/** One member's address. */
export interface EtcdEndpoint {
  readonly url: string;
  /** As gRPC names it. */
  readonly target: string;
  readonly isSecure: boolean;
}

/** @throws {StoreError} Naming the endpoint and what was expected. */
export function parseEndpoints({ endpoints, tls }: EtcdOptions): readonly EtcdEndpoint[] {
  if (endpoints.length === 0) throw new StoreError("etcd needs at least one endpoint");
  const parsed = endpoints.map(parseEndpoint);
  if (tls !== undefined && parsed.every(({ isSecure }) => !isSecure)) {
    throw new StoreError(`TLS needs an etcd endpoint with https, not ${endpoints.join(", ")}`);
  }
  if ((tls?.certificatePem === undefined) !== (tls?.keyPem === undefined)) {
    throw new StoreError("etcd's client certificate and its key come together");
  }
  return parsed;
}

function parseEndpoint(endpoint: string): EtcdEndpoint {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain = url?.pathname === "/" && url.search === "" && url.username === "";
  if (url === undefined || !isPlain || !["http:", "https:"].includes(url.protocol)) {
    throw new StoreError(
      `an etcd endpoint is http://HOST:PORT or https://HOST:PORT, not ${JSON.stringify(endpoint)}`,
    );
  }
  const port = url.port === "" && !/:\d+\/?$/.test(endpoint) ? "2379" : url.port;
  const isSecure = url.protocol === "https:";
  const usual = isSecure ? "443" : "80";
  return { url: endpoint, target: `dns:${url.hostname}:${port === "" ? usual : port}`, isSecure };
}
