/** What a machine has left for threads. */
export interface ThreadRoom {
  /** Memory mappings a process may have (`vm.max_map_count`); `Infinity` where there is no limit. */
  readonly mappingsMax: number;
  /** Memory mappings this process has. */
  readonly mappingsInUse: number;
  /** Memory that can be had without swapping, bytes. */
  readonly freeBytes: number;
}

/** How many worker threads there may be, and why not more. */
export interface ThreadCap {
  readonly threads: number;
  /** How it was computed: all limits, in words. */
  readonly reckoning: string;
  /** What to do to have more, in words. */
  readonly remedy: string;
}

/** More than that helps nobody but those who study threads: they say so. */
export const threadsMaxDefault = 256;

/** Mappings of one thread with its heap, stacks and code. Node 20 has 46, 22 has 54, 24 has 55. */
const mappingsPerThread = 55;
/** Memory of one thread before it has any kubelet. Node 20 takes 9.8 MB, 22 takes 12.3, 24 takes 13.3. */
const bytesPerThread = 13 * 2 ** 20;
/** A process out of mappings or memory is aborted without a word: so much of both is kept back. */
const keptBack = 0.1;

/** The least of what was asked for at most, and what mappings and memory allow; at least 1. */
export function threadCap(room: ThreadRoom, threadsMax: number): ThreadCap {
  const { mappingsMax, mappingsInUse, freeBytes } = room;
  const byMappings = Math.floor((mappingsMax * (1 - keptBack) - mappingsInUse) / mappingsPerThread);
  const byMemory = Math.floor((freeBytes * (1 - keptBack)) / bytesPerThread);
  const limits = [
    {
      threads: threadsMax,
      words: `${threadsMax} by threadsMax`,
      remedy: "raise threadsMax (--threads-max)",
    },
    {
      threads: byMappings,
      words: `${byMappings} by memory mappings (vm.max_map_count ${mappingsMax}, ${mappingsInUse} in use, ${mappingsPerThread} a thread)`,
      remedy: "raise vm.max_map_count (sysctl -w vm.max_map_count=262144)",
    },
    {
      threads: byMemory,
      words: `${byMemory} by free memory (${megabytes(freeBytes)} MB, ${megabytes(bytesPerThread)} MB a thread)`,
      remedy: "free some memory",
    },
  ].filter(({ threads }) => threads !== Infinity);
  const [least] = limits.toSorted((one, other) => one.threads - other.threads);
  return {
    threads: Math.max(1, least?.threads ?? threadsMax),
    reckoning: `the least of ${limits.map(({ words }) => words).join(", ")}, with a tenth kept back`,
    remedy: `${least?.remedy}, or share threads (--threads N)`,
  };
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
