const separator = "(?:[._]|__|-+)";
const component = `[a-z0-9]+(?:${separator}[a-z0-9]+)*`;
const hostPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${hostPart}(?:\\.${hostPart})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const reference = new RegExp(
  `^(?:${host}/)?${component}(?:/${component})*(?::([\\w][\\w.-]{0,127}))?(?:@(${digest}))?$`,
);

/**
 * The tag of an image: `latest` when neither tag nor digest is written, empty when only a digest is,
 * undefined when the text is no image reference at all.
 *
 * @see kubernetes `pkg/util/parsers/parsers.go`: `ParseImageName`
 */
export function imageTag(image: string): string | undefined {
  const match = reference.exec(image);
  // 64 hexadecimal digits would be an image's ID, which cannot be pulled.
  if (match === null || /^[a-f0-9]{64}$/.test(image)) return undefined;
  const [, tag, contentDigest] = match;
  return tag ?? (contentDigest === undefined ? "latest" : "");
}
