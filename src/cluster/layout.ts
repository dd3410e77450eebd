import { inlineLink, type ShardLink } from "../data-plane/shard-link.ts";
import { threadLink } from "../data-plane/thread-link.ts";
import { createKubeletHost } from "../../workers/kubelet/kubelet-host.ts";

/**
 * Where the kubelets of a cluster run, for tests and experiments: nothing that happens in it depends
 * on that.
 */
export interface Layout {
  /** Which shard runs a node, both by index. Default: in turn. */
  readonly shardOf?: (node: number, shards: number) => number;
  /** How the shard of a thread is reached. Default: on a thread of that name. */
  readonly openLink?: (threadName: string) => ShardLink;
}

/** One link a thread; with none, to kubelets on this thread. */
export function shardLinks(threads: number, { openLink = threadLink }: Layout): ShardLink[] {
  if (threads === 0) return [inlineLink(createKubeletHost())];
  return Array.from({ length: threads }, (_none, index) => openLink(`kubelet-thread-${index + 1}`));
}
