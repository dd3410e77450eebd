/**
 * The store's backends through one interface: puts, ranges and watch deliveries a second.
 *
 * Run: npm run bench:store -- [--keys 100000] [--writes 1000000] [--backends memory,file]
 * With `--backends memory,file,etcd --etcd http://127.0.0.1:2379` a real etcd is measured, too: an
 * empty one that nobody else uses. Then `timesEtcd` says how many times as fast the others are.
 * Prints one JSON object. A put is a compare of one key and a put of the same. Values are 1 KB of
 * text in `file`, which has to encode them, and one object for all keys in `memory`. `calibration`
 * is a plain map's read and write of as many keys: a busy machine slows both down alike.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEtcdStore } from "../../src/control-plane/store/etcd/open-etcd-store.ts";
import { openFileStore } from "../../src/control-plane/store/file/file-store.ts";
import { MemoryStore } from "../../src/control-plane/store/memory-store.ts";
import {
  type Codec,
  type Done,
  prefixEnd,
  type Store,
} from "../../src/control-plane/store/store.ts";

const { values } = parseArgs({
  options: {
    keys: { type: "string", default: "100000" },
    writes: { type: "string", default: "1000000" },
    durable: { type: "string", default: "100000" },
    backends: { type: "string", default: "memory,file" },
    etcd: { type: "string", default: "http://127.0.0.1:2379" },
    overNetwork: { type: "string", default: "20000" },
    dir: { type: "string", default: tmpdir() },
  },
});
const keyCount = Number(values.keys);
const writeCount = Number(values.writes);
const durableCount = Number(values.durable);

interface Value {
  readonly text: string;
}

/** A backend, and how many writes are enough to see how fast it is. */
interface Backend {
  readonly store: Store<Value>;
  readonly writes: number;
  readonly close: () => Promise<void>;
}

const value: Value = { text: "v".repeat(1_000) };
const codec: Codec<Value> = {
  encode: ({ text }) => Buffer.from(text, "latin1"),
  decode: (bytes) => ({ text: Buffer.from(bytes).toString("latin1") }),
};
const stamp = (one: Value): Value => one;
const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  memory: async () => ({
    store: new MemoryStore<Value>(stamp),
    writes: writeCount,
    close: async () => {},
  }),
  file: async () => {
    const directory = mkdtempSync(join(values.dir, "podrace-bench-"));
    const { store } = openFileStore<Value>(directory, { stamp, codec });
    return {
      store,
      writes: durableCount,
      close: async () => {
        await answerOf((done) => store.close(done));
        rmSync(directory, { recursive: true });
      },
    };
  },
  etcd: async () => {
    const store = await openEtcdStore<Value>({ endpoints: [values.etcd], stamp, codec });
    return {
      store,
      writes: Number(values.overNetwork),
      close: async () => answerOf((done) => store.close(done)),
    };
  },
};

const pad = String(keyCount).length;
const keys = Array.from({ length: keyCount }, (_none, index) =>
  // Flat, as keys are that came over the wire, and sorted in the order of the index.
  Buffer.from(`/registry/pods/default/web-${String(index).padStart(pad, "0")}`).toString("latin1"),
);
const pods = { key: "/registry/pods/", rangeEnd: prefixEnd("/registry/pods/") };

const results: Record<string, Awaited<ReturnType<typeof measure>>> = {};
for (const name of values.backends.split(",")) {
  const open = backends[name];
  if (open === undefined) throw new Error(`no backend is called ${name}`);
  results[name] = await measure(await open());
}
process.stdout.write(
  `${JSON.stringify({
    benchmark: "store",
    node: process.version,
    keys: keyCount,
    calibration: { mapWritesPerSecond: mapWritesPerSecond() },
    ...results,
    ...timesEtcd(),
  })}\n`,
);

/** How many times as fast as a real etcd the others are, at updates by 64 writers. */
function timesEtcd(): object {
  const { etcd, ...others } = results;
  if (etcd === undefined) return {};
  const times = Object.entries(others).map(([name, { updatesPerSecond }]) => [
    name,
    Number((updatesPerSecond / etcd.updatesPerSecond).toFixed(1)),
  ]);
  return { timesEtcd: Object.fromEntries(times) as object };
}

async function measure({ store, writes, close }: Backend) {
  const heapBefore = heapUsed();
  const revisions = new Float64Array(keyCount);
  let deliveries = 0;
  const watch = store.watch({
    prefix: "/registry/",
    afterRevision: store.revision,
    onChanges: (changes) => (deliveries += changes.length),
    onCompacted: () => {},
  });
  const creates = await perSecond(keyCount, 64, (index, next) => put(index % keyCount, next));
  const heapBytesPerKey = Math.round((heapUsed() - heapBefore) / keyCount);
  // Near each other in time, near each other in place: what a pod goes through.
  const updates = await perSecond(writes, 64, (index, next) => put(index % keyCount, next));
  const scattered = await perSecond(writes, 64, (index, next) =>
    put((index * 7_919) % keyCount, next),
  );
  const onePutAtATime = await perSecond(Math.min(writes, 2_000), 1, (index, next) =>
    put(index % keyCount, next),
  );
  watch.cancel();

  const gets = await perSecond(Math.min(writes, 1_000_000), 64, (index, next) =>
    store.range({ key: keys[(index * 7_919) % keyCount] as string }, next),
  );
  let start = pods.key;
  const pages = Math.ceil(keyCount / 500);
  const { revision } = store;
  const pagesPerSecond = await perSecond(pages, 1, (_index, next) =>
    store.range({ ...pods, key: start, limit: 500, revision }, (error, result) => {
      start = `${result.items.at(-1)?.key ?? ""}\0`;
      next(error, result);
    }),
  );

  let heard = 0;
  const watches = Array.from({ length: 64 }, () =>
    store.watch({
      prefix: "/registry/pods/",
      afterRevision: store.revision,
      onChanges: (changes) => (heard += changes.length),
      onCompacted: () => {},
    }),
  );
  const watched = Math.min(writes, 50_000);
  const putsToMany = await perSecond(watched, 64, (index, next) => put(index % keyCount, next));
  for (const each of watches) each.cancel();

  const compactionMs = await milliseconds((done) => store.compact(store.revision, done));
  await close();
  return {
    createsPerSecond: creates,
    updatesPerSecond: updates,
    scatteredUpdatesPerSecond: scattered,
    putsOneAtATimePerSecond: onePutAtATime,
    getsPerSecond: gets,
    rangedKeysPerSecond: pagesPerSecond * 500,
    pageUs: Math.round(1_000_000 / pagesPerSecond),
    deliveriesPerSecond: Math.round((putsToMany * heard) / watched),
    deliveries,
    heapBytesPerKey,
    compactionMs: Number(compactionMs.toFixed(2)),
  };

  function put(index: number, done: Done<unknown>): void {
    const key = keys[index] as string;
    const compares = [{ key, modRevision: revisions[index] as number }];
    store.transact({ compares, then: [{ type: "put", key, value }] }, (error, result) => {
      if (error !== undefined) throw error;
      // Two writers of one key may meet: the later one has to know what the earlier one did.
      revisions[index] = result.written[0]?.modRevision ?? (revisions[index] as number);
      done(error, result);
    });
  }
}

/** Does something `count` times, `writers` of them at a time. */
async function perSecond(
  count: number,
  writers: number,
  act: (index: number, next: Done<unknown>) => void,
): Promise<number> {
  const startMs = performance.now();
  let started = 0;
  let answered = 0;
  await new Promise<void>((resolve) => {
    for (let writer = 0; writer < writers; writer++) write();
    /** Goes on in a loop, not in itself, where the answer comes at once. */
    function write(): void {
      for (let isAtOnce = true; isAtOnce && started < count;) {
        isAtOnce = false;
        let isStarting = true;
        act(started++, (error) => {
          if (error !== undefined) throw error;
          if (++answered === count) resolve();
          if (isStarting) isAtOnce = true;
          else write();
        });
        isStarting = false;
      }
    }
  });
  return Math.round((count * 1_000) / (performance.now() - startMs));
}

/** What a map of the same keys takes for a read and a write, objects included. */
function mapWritesPerSecond(): number {
  const map = new Map<string, object>(keys.map((key) => [key, {}]));
  const startMs = performance.now();
  for (let index = 0; index < writeCount; index++) {
    const key = keys[(index * 7_919) % keyCount] as string;
    map.set(key, { before: map.get(key), index, key, value });
  }
  return Math.round((writeCount * 1_000) / (performance.now() - startMs));
}

async function milliseconds(act: (done: Done<void>) => void): Promise<number> {
  const startMs = performance.now();
  await answerOf(act);
  return performance.now() - startMs;
}

function answerOf<R>(call: (done: Done<R>) => void): Promise<R> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error === undefined ? resolve(result) : reject(error)));
  });
}

/** After a collection, where `--expose-gc` allows it. */
function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
