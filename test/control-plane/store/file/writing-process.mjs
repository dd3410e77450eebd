import { writeSync } from "node:fs";
import { openFileStore } from "../../../../dist/src/control-plane/store/file/file-store.js";

/**
 * Writes until it is killed, and prints a line for each write that was acknowledged:
 * `REVISION WRITER COUNT`. Every write is two keys of one revision, with one value.
 */
const [directory] = process.argv.slice(2);
const writers = 8;
const codec = {
  encode: ({ text }) => Buffer.from(text),
  decode: (bytes) => ({ text: Buffer.from(bytes).toString(), revision: 0 }),
};
const { store } = openFileStore(directory, {
  stamp: (value, revision) => ({ ...value, revision }),
  codec,
  segmentBytesMax: 30_000,
});
let acknowledged = 0;

function write(writer, count) {
  const value = { text: `${count}`.padEnd((count * 37) % 300, "."), revision: 0 };
  const then = ["left", "right"].map((side) => ({ type: "put", key: `${side}-${writer}`, value }));
  store.transact({ compares: [], then }, (error, { revision }) => {
    if (error !== undefined) throw error;
    writeSync(1, `${revision} ${writer} ${count}\n`);
    if (++acknowledged % 100 === 0) store.compact(revision - 60, () => {});
    write(writer, count + 1);
  });
}

for (let writer = 0; writer < writers; writer++) {
  store.range({ key: `left-${writer}` }, (_error, { items }) => {
    write(writer, Number.parseInt(items[0]?.value.text ?? "0", 10) + 1);
  });
}
