/** Where an image comes from, and its name in full. */
export interface ImageReference {
  /** E.g. `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** E.g. `docker.io/library/nginx`. */
  readonly repository: string;
  /** `latest` when neither tag nor digest is written; empty when only a digest is. */
  readonly tag: string;
  /** E.g. `docker.io/library/nginx:latest`. */
  readonly full: string;
}

const separator = "(?:[._]|__|-+)";
const component = `[a-z0-9]+(?:${separator}[a-z0-9]+)*`;
const hostPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${hostPart}(?:\\.${hostPart})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const reference = new RegExp(
  `^(?:(${host})/)?(${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@(${digest}))?$`,
);

/**
 * An image name in full, as runtimes say it; `undefined` for what is no image name.
 *
 * @see kubernetes `pkg/util/parsers/parsers.go`: `ParseImageName`; distribution/reference
 *   `normalize.go`: `docker.io`, `library/` and `:latest` are understood
 */
export function parseImageReference(image: string): ImageReference | undefined {
  const match = reference.exec(image);
  // 64 hexadecimal digits would be an image's ID, which cannot be pulled.
  if (match === null || /^[a-f0-9]{64}$/.test(image)) return undefined;
  const [, first, path = "", written, contentDigest] = match;
  const isHost = first !== undefined && (/[.:]/.test(first) || first === "localhost");
  const registry = isHost ? first : "docker.io";
  const name = first === undefined || isHost ? path : `${first}/${path}`;
  const repository = `${registry}/${registry === "docker.io" && !name.includes("/") ? `library/${name}` : name}`;
  const tag = written ?? (contentDigest === undefined ? "latest" : "");
  const suffix = contentDigest === undefined ? `:${tag}` : `@${contentDigest}`;
  return { registry, repository, tag, full: repository + suffix };
}
