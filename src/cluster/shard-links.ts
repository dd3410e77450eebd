import type { ShardConfig } from "../data-plane/protocol.ts";
import { inlineLink, type ShardLink } from "../data-plane/shard-link.ts";
import { threadLink } from "../data-plane/thread-link.ts";
import { createKubeletHost } from "../../workers/kubelet/kubelet-host.ts";
import type { ResolvedOptions } from "./cluster-options.ts";
import { RunError } from "./run-error.ts";

/**
 * Opens a link to each shard, a few at a time: many threads that start at once hold each other up.
 *
 * @throws {RunError} When one of them does not start; the others are closed.
 */
export async function openShardLinks(
  { threads, seed, stepDeadlineMs }: ResolvedOptions,
  configOf: (shard: number) => ShardConfig,
): Promise<readonly ShardLink[]> {
  const links: ShardLink[] = [];
  const open = async (link: ShardLink): Promise<void> => {
    const config = configOf(links.length);
    links.push(link);
    await link.init(config);
  };
  try {
    if (threads === 0) await open(inlineLink(createKubeletHost()));
    while (links.length < threads) {
      const starting: Promise<void>[] = [];
      while (starting.length < startingMax && links.length < threads) {
        starting.push(open(threadLink(`kubelet-thread-${links.length + 1}`, stepDeadlineMs)));
      }
      await Promise.all(starting);
    }
    return links;
  } catch (error) {
    await Promise.all(links.map(async (link) => link.close()));
    throw new RunError(error, { seed });
  }
}

/** Threads that start at the same time. */
const startingMax = 8;
