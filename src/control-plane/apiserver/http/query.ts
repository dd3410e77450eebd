import { badRequest, invalid } from "../../../api/errors.ts";
import { notSupported } from "../../../api/field-errors.ts";
import type { ListOptions, WatchOptions } from "../request.ts";
import type { IncludeObject } from "./render.ts";

/** The query of a request, with upstream's reading of each kind of value. */
export class Query {
  readonly #params: URLSearchParams;

  constructor(search: string) {
    this.#params = new URLSearchParams(search);
  }

  text(name: string): string {
    return this.#params.get(name) ?? "";
  }

  /** As upstream converts them: anything but `false`, `0` and nothing is true. */
  flag(name: string): boolean {
    return this.optionalFlag(name) ?? false;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#params.get(name);
    if (value === null) return undefined;
    return value !== "false" && value !== "0";
  }

  /** @throws {ApiError} BadRequest, naming the parameter. */
  integer(name: string): number | undefined {
    const value = this.#params.get(name);
    if (value === null || value === "") return undefined;
    if (!/^-?\d+$/.test(value)) {
      const shown = JSON.stringify(value);
      throw badRequest(
        `${name}: Invalid value: ${shown}: strconv.ParseInt: parsing ${shown}: invalid syntax`,
      );
    }
    return Number(value);
  }

  /** @throws {ApiError} Invalid, for a dry run other than `All`. */
  dryRun(optionsKind: string): boolean {
    const values = this.#params.getAll("dryRun").filter((value) => value !== "");
    if (values.some((value) => value !== "All")) {
      throw invalid({ group: "meta.k8s.io", kind: optionsKind }, "", [
        notSupported("dryRun", values as unknown, ["All"]),
      ]);
    }
    return values.length > 0;
  }

  listOptions(): ListOptions {
    return {
      labelSelector: this.text("labelSelector"),
      fieldSelector: this.text("fieldSelector"),
      limit: this.integer("limit") ?? 0,
      continue: this.text("continue"),
      resourceVersion: this.text("resourceVersion"),
      resourceVersionMatch: this.text("resourceVersionMatch"),
    };
  }

  watchOptions(): WatchOptions {
    return {
      labelSelector: this.text("labelSelector"),
      fieldSelector: this.text("fieldSelector"),
      resourceVersion: this.text("resourceVersion"),
      resourceVersionMatch: this.text("resourceVersionMatch"),
      allowWatchBookmarks: this.flag("allowWatchBookmarks"),
      sendInitialEvents: this.optionalFlag("sendInitialEvents"),
    };
  }

  includeObject(): IncludeObject {
    const value = this.text("includeObject");
    if (value === "") return "Metadata";
    if (value === "None" || value === "Metadata" || value === "Object") return value;
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
  }
}
