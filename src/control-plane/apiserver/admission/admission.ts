import type { KubeObject } from "../../../api/objects.ts";
import type { RequestContext } from "../request.ts";
import type { Resource } from "../resource.ts";

/** What admission may look up, as of this server's watch caches. */
export interface AdmissionView {
  readonly nowUs: number;
  namespace(name: string): KubeObject | undefined;
  serviceAccount(namespace: string, name: string): KubeObject | undefined;
  /** Characters that depend on the seed and `key` alone. */
  suffix(key: string): string;
}

/** A step between a request and the store that may change an object or refuse it. */
export interface AdmissionPlugin {
  /** Upstream's name, e.g. `NamespaceLifecycle`. */
  readonly name: string;
  /** By the kind and the subresource alone. */
  readonly handles: (context: RequestContext) => boolean;
  /**
   * Returns the object, changed or not.
   *
   * @throws {ApiError} The refusal.
   */
  readonly admitCreate: (
    object: KubeObject,
    context: RequestContext,
    view: AdmissionView,
  ) => KubeObject;
  /**
   * What is asked again of an object whose template was admitted before: all that does not follow
   * from the template, its namespace and its service account.
   *
   * @throws {ApiError} The refusal.
   */
  readonly checkAgain?: (context: RequestContext, view: AdmissionView) => void;
  /** @throws {ApiError} The refusal. */
  readonly admitDelete?: (context: RequestContext) => void;
}

/** The plugins in upstream's order. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  /** By resource and subresource, for every request asks. */
  readonly #names = new Map<Resource, Map<string, string>>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** Names of the plugins that look at this request. */
  names(context: RequestContext): string {
    const { resource, subresource } = context;
    const known = this.#names.get(resource)?.get(subresource);
    if (known !== undefined) return known;
    const names = this.#plugins
      .filter((plugin) => plugin.handles(context))
      .map(({ name }) => name)
      .join(",");
    const ofResource = this.#names.get(resource) ?? new Map<string, string>();
    this.#names.set(resource, ofResource.set(subresource, names));
    return names;
  }

  admitCreate(object: KubeObject, context: RequestContext, view: AdmissionView): KubeObject {
    return this.#plugins.reduce(
      (admitted, plugin) =>
        plugin.handles(context) ? plugin.admitCreate(admitted, context, view) : admitted,
      object,
    );
  }

  /** @throws {ApiError} The first refusal. */
  checkAgain(context: RequestContext, view: AdmissionView): void {
    for (const { checkAgain, handles } of this.#plugins) {
      if (checkAgain !== undefined && handles(context)) checkAgain(context, view);
    }
  }

  /** @throws {ApiError} The first refusal. */
  admitDelete(context: RequestContext): void {
    for (const plugin of this.#plugins) if (plugin.handles(context)) plugin.admitDelete?.(context);
  }
}
