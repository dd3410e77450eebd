/** What a path of the API names. Empty strings where it names nothing. */
export interface RequestInfo {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** The deprecated `/api/v1/watch/…`. */
  readonly isWatchPath: boolean;
}

/**
 * Reads `/api/v1/namespaces/default/pods/my-nginx/status`; `undefined` for a path that names no
 * resource.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`
 */
export function requestInfo(path: string): RequestInfo | undefined {
  const [root, ...rest] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeSegment);
  let group = "";
  let parts = rest;
  if (root === "apis") {
    group = rest[0] ?? "";
    parts = rest.slice(1);
  } else if (root !== "api") {
    return undefined;
  }
  const version = parts[0] ?? "";
  const isWatchPath = parts[1] === "watch";
  parts = parts.slice(isWatchPath ? 2 : 1);
  if (version === "" || parts.length === 0) return undefined;
  const found = { group, version, isWatchPath };
  if (parts[0] === "namespaces" && parts.length > 1) {
    const [, namespace = "", plural, name = "", ...subresource] = parts;
    const isOfNamespaceItself = plural === undefined || namespaceSubresources.has(plural);
    if (isOfNamespaceItself) {
      return {
        ...found,
        plural: "namespaces",
        namespace: "",
        name: namespace,
        subresource: plural ?? "",
      };
    }
    return { ...found, plural, namespace, name, subresource: subresource.join("/") };
  }
  const [plural = "", name = "", ...subresource] = parts;
  return { ...found, plural, namespace: "", name, subresource: subresource.join("/") };
}

/** What a method does to what the path names, as authorization calls it. */
export function verbOf({ name, isWatchPath }: RequestInfo, method: string, watch: boolean): string {
  switch (method) {
    case "GET":
    case "HEAD":
      if (isWatchPath || (watch && name === "")) return "watch";
      return name === "" ? "list" : "get";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      return "";
  }
}

const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
