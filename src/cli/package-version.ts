import { createRequire } from "node:module";

/** podrace's own version, from the package that this code is part of. */
export const packageVersion: string = (
  createRequire(import.meta.url)("podrace/package.json") as { readonly version: string }
).version;
