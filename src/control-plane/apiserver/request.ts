import type { ObjectId } from "./storage.ts";

/** Who asks, as authentication found out. */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
}

/** Who asks, and through what. */
export interface Requester {
  readonly user: UserInfo;
  /** The actor that asks, for the trace: `kubectl`, `scheduler`, `kubelet:node-1`. */
  readonly client: string;
}

/** What all requests have in common. */
export interface RequestContext extends ObjectId, Requester {
  /** Empty for the main resource. */
  readonly subresource: string;
  readonly dryRun: boolean;
}

export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** 0 for all. */
  readonly limit: number;
  /** The opaque token of the page before. */
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

export interface WatchOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  /** For podrace's own components that only look at specs: they need not be told of statuses. */
  readonly specsOnly?: boolean;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly propagationPolicy?: string | undefined;
}

export const listAll: ListOptions = {
  labelSelector: "",
  fieldSelector: "",
  limit: 0,
  continue: "",
  resourceVersion: "",
  resourceVersionMatch: "",
};

/** Everything there is, then every change: how most components begin a watch. */
export const watchAll: WatchOptions = {
  labelSelector: "",
  fieldSelector: "",
  resourceVersion: "0",
  resourceVersionMatch: "",
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
};

/** The identity of podrace's own components: they may do anything, as `system:masters` do. */
export function componentUser(name: string): UserInfo {
  return { username: name, groups: ["system:masters", "system:authenticated"] };
}
