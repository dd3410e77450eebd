import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "vitest";
import { CompactedError } from "../../../../src/control-plane/store/store-errors.ts";
import { answerOf, Client } from "../store-under-test.ts";
import { closeStore, openDirectory } from "./data-directory.ts";

const program = resolve(import.meta.dirname, "writing-process.mjs");

/** What happened in a series of crashes, so that a test sees that it saw something. */
export interface Crashes {
  acknowledged: number;
  tornTails: number;
  snapshots: number;
}

/**
 * Kills a writing process again and again, at moments that differ, and looks each time at what it
 * left: every acknowledged write, no gap, nothing half-written.
 */
export async function killWriters(directory: string, kills: number): Promise<Crashes> {
  const crashes: Crashes = { acknowledged: 0, tornTails: 0, snapshots: 0 };
  for (let kill = 0; kill < kills; kill++) {
    // From its very beginning to some hundreds of writes in.
    const lines = await writeAndDie(directory, (kill * 7_919) % 1_500);
    crashes.acknowledged += lines.length;
    await lookAt(directory, lines, crashes);
  }
  return crashes;
}

interface Acknowledged {
  readonly revision: number;
  readonly writer: number;
  readonly count: number;
}

/** @param patience Acknowledgements to wait for before the end. */
async function writeAndDie(directory: string, patience: number): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, [program, directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    if (printed.length >= patience * 8) child.kill("SIGKILL");
  });
  await new Promise((settle) => child.once("close", settle));
  expect([said, child.signalCode]).toEqual(["", "SIGKILL"]);
  // The last line may be cut: nobody can have read it.
  return printed
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" ").map(Number) as [number, number, number])
    .map(([revision, writer, count]) => ({ revision, writer, count }));
}

async function lookAt(
  directory: string,
  acknowledged: readonly Acknowledged[],
  crashes: Crashes,
): Promise<void> {
  const file = openDirectory(directory);
  const client = new Client(file.store);
  const { revision } = file.store;
  if (file.report.damage !== undefined) crashes.tornTails++;
  const names = readdirSync(directory);
  if (names.some((name) => name.startsWith("snapshot-"))) crashes.snapshots++;

  expect(revision).toBeGreaterThanOrEqual(acknowledged.at(-1)?.revision ?? 1);
  const { items } = await client.range({ key: "left-", rangeEnd: "right." });
  const countOf = (key: string): number =>
    Number.parseInt(items.find((item) => item.key === key)?.value.text ?? "0", 10);
  for (let writer = 0; writer < 8; writer++) {
    expect(countOf(`left-${writer}`)).toBe(countOf(`right-${writer}`));
  }
  for (const { writer, count } of acknowledged) {
    expect(countOf(`left-${writer}`)).toBeGreaterThanOrEqual(count);
  }
  for (const { revision: at, writer, count } of acknowledged) {
    const then = await client.texts({ key: `left-${writer}`, revision: at }).catch((error) => {
      expect(error).toBeInstanceOf(CompactedError);
    });
    if (then !== undefined) expect(Number.parseInt(then[0] ?? "", 10)).toBe(count);
  }
  const [from] = client.watch({ prefix: "" }, 0).compacted;
  const told = client.watch({ prefix: "" }, Math.max((from ?? 0) - 1, 1)).calls;
  const revisions = told.map(([left, right]) => {
    const at = Number(left?.split("@")[1]);
    expect(right?.split("@")[1]).toBe(`${at}`);
    return at;
  });
  expect(revisions).toEqual(
    Array.from(
      { length: revisions.length },
      (_none, index) => revision + 1 - revisions.length + index,
    ),
  );
  expect(revisions.length).toBe(revision - Math.max((from ?? 0) - 1, 1));
  await answerOf((done) => file.store.alarms(done));
  await closeStore(file);
}
