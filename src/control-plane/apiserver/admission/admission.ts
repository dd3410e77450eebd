import type { KubeObject } from "../../../api/objects.ts";
import type { RequestContext } from "../request.ts";

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
  /** @throws {ApiError} The refusal. */
  readonly admitDelete?: (context: RequestContext) => void;
}

/** The plugins in upstream's order. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** Names of the plugins that look at this request. */
  names(context: RequestContext): string {
    return this.#plugins
      .filter((plugin) => plugin.handles(context))
      .map(({ name }) => name)
      .join(",");
  }

  admitCreate(object: KubeObject, context: RequestContext, view: AdmissionView): KubeObject {
    return this.#plugins.reduce(
      (admitted, plugin) =>
        plugin.handles(context) ? plugin.admitCreate(admitted, context, view) : admitted,
      object,
    );
  }

  /** @throws {ApiError} The first refusal. */
  admitDelete(context: RequestContext): void {
    for (const plugin of this.#plugins) if (plugin.handles(context)) plugin.admitDelete?.(context);
  }
}
