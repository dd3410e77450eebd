/** Where an image comes from, and its name in full. */
export interface ImageReference {
  readonly registry: string;
  /** E.g. `docker.io/library/nginx`. */
  readonly repository: string;
  /** E.g. `docker.io/library/nginx:latest`. */
  readonly full: string;
}

const path = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const pattern = new RegExp(
  `^(?:(localhost(?::\\d+)?|[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)+(?::\\d+)?|[a-zA-Z0-9-]+:\\d+)/)?(${path}(?:/${path})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);

/**
 * An image name in full, as runtimes say it; `undefined` for what is no image name.
 *
 * @see distribution/reference `normalize.go`: `docker.io`, `library/` and `:latest` are understood
 */
export function parseImageReference(image: string): ImageReference | undefined {
  const [, host, name, tag, digest] = pattern.exec(image) ?? [];
  if (name === undefined) return undefined;
  const registry = host ?? "docker.io";
  const inLibrary = host === undefined && !name.includes("/");
  const repository = `${registry}/${inLibrary ? `library/${name}` : name}`;
  const suffix = digest === undefined ? `:${tag ?? "latest"}` : `@${digest}`;
  return { registry, repository, full: repository + suffix };
}
