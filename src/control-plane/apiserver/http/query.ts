import { badRequest, invalid } from "../../../api/errors.ts";
import { forbiddenField, notSupported } from "../../../api/field-errors.ts";
import { goQuote } from "../../../api/go-format.ts";
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

  /** As upstream converts them: anything but `false`, `0` and no such parameter is true. */
  flag(name: string): boolean {
    return this.optionalFlag(name) ?? false;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#params.get(name);
    if (value === null) return undefined;
    return value.toLowerCase() !== "false" && value !== "0";
  }

  /** @throws {ApiError} BadRequest */
  integer(name: string): number | undefined {
    const value = this.#params.get(name);
    if (value === null || value === "") return undefined;
    if (!/^-?\d+$/.test(value)) {
      const shown = JSON.stringify(value);
      throw badRequest(`strconv.ParseInt: parsing ${shown}: invalid syntax`);
    }
    return Number(value);
  }

  /** @throws {ApiError} Invalid, for a dry run other than `All`. */
  dryRun(optionsKind: string): boolean {
    const values = this.#params.getAll("dryRun").filter((value) => value !== "");
    if (values.some((value) => value !== "All")) {
      throw invalid({ group: "meta.k8s.io", kind: optionsKind }, "", [
        notSupported("dryRun", values, ["All"]),
      ]);
    }
    return values.length > 0;
  }

  /** @throws {ApiError} BadRequest, or Invalid for an option of watches. */
  listOptions(): ListOptions {
    if (this.optionalFlag("sendInitialEvents") !== undefined) {
      throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [
        forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"),
      ]);
    }
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
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${goQuote(value)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
}
