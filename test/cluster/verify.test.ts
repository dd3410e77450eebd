import { describe, expect, test } from "vitest";
import { parseJournal } from "../../src/cluster/journal.ts";
import type { LiveClusterOptions } from "../../src/cluster/live-cluster.ts";
import { type Verdict, verifyJournal } from "../../src/cluster/verify.ts";
import { changedBody, recordSession } from "./recorded-session.ts";

const second = 1_000_000;
const pods = "/api/v1/namespaces/default/pods";

/** Four pods, ten seconds apart, of an image each. */
async function aSession(options: LiveClusterOptions = {}): Promise<string> {
  const { journal } = await recordSession(
    { nodes: 2, threads: 0, speed: 0, ...options },
    async (client) => {
      for (const name of ["a", "b", "c", "d"]) {
        const spec = { containers: [{ name: "c", image: `image-${name}` }] };
        await client.send("POST", pods, { metadata: { name }, spec });
        await client.send("POST", "/podrace/v1/time/step?for=10s");
      }
    },
  );
  return journal;
}

function verify(text: string): Promise<Verdict> {
  return verifyJournal(parseJournal(text), 0);
}

/** When the request for this pod came in, µs. */
function askedAtUs(text: string, name: string): number {
  const asked = parseJournal(text).inputs.find(
    (input) => "request" in input && input.request.body.includes(`image-${name}`),
  );
  return asked?.atUs ?? Number.NaN;
}

describe("a recording", () => {
  test("has a checkpoint for each second in which anything happened, and one at its end", async () => {
    const { checkpoints, end } = parseJournal(await aSession());
    const gaps = checkpoints
      .slice(1, -1)
      .map(({ atUs }, index) => atUs - (checkpoints[index]?.atUs ?? 0));
    const { facts, revision } = checkpoints.at(-1) ?? {};

    expect(checkpoints.length).toBeGreaterThan(8);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(second);
    expect([facts, revision]).toEqual([end?.facts, end?.revision]);
    expect(new Set(checkpoints.map(({ hash }) => hash)).size).toBe(checkpoints.length);
  });

  test("is equal to its replays", async () => {
    const journal = await aSession();
    const { checkpoints } = parseJournal(journal);

    expect(await verify(journal)).toEqual({
      kind: "equal",
      checkpoints: checkpoints.length,
      hasEnd: true,
    });
  });

  test("of which nothing but the start was written is equal to them", async () => {
    const [head = ""] = (await aSession()).split("\n");

    expect(await verify(`${head}\n`)).toEqual({ kind: "equal", checkpoints: 0, hasEnd: false });
  });

  test("that was cut off is compared as far as it goes", async () => {
    const journal = await aSession();
    const cut = journal.slice(0, journal.length - 10);
    const last = parseJournal(cut).checkpoints.at(-1);
    const wrong = cut.replace(`"hash":"${last?.hash}"`, `"hash":"0123456789abcdef"`);

    expect(await verify(cut)).toMatchObject({ kind: "equal", hasEnd: false });
    expect(await verify(wrong)).toMatchObject({
      kind: "recordingDiffers",
      window: { untilUs: last?.atUs },
    });
  });

  test("differs from its replays in the window in which they come to something else", async () => {
    const journal = await aSession();
    const changed = changedBody(journal, (body) => body.replace("image-c", "nginx"));
    const verdict = await verify(changed);

    const { checkpoints } = parseJournal(journal);
    const askedUs = askedAtUs(journal, "c");
    const index = checkpoints.findIndex(({ atUs }) => atUs > askedUs);
    expect(verdict).toMatchObject({
      kind: "recordingDiffers",
      window: { fromUs: checkpoints[index - 1]?.atUs, untilUs: checkpoints[index]?.atUs },
      recorded: { hash: checkpoints[index]?.hash },
      first: undefined,
    });
  });

  test("with facts names the first one that they have not, or that it has not", async () => {
    const journal = await aSession({ recordsFacts: true });
    const changed = changedBody(journal, (body) => body.replace("image-c", "nginx"));
    const verdict = await verify(changed);

    expect(await verify(journal)).toMatchObject({ kind: "equal" });
    expect(verdict).toMatchObject({
      kind: "recordingDiffers",
      first: {
        left: { subject: "pods/default/c", data: { containers: "c=image-c" } },
        right: { subject: "pods/default/c", data: { containers: "c=nginx" } },
      },
    });
  });

  test("with a checkpoint that is not what the run came to differs there, and not before", async () => {
    const journal = await aSession();
    const { checkpoints } = parseJournal(journal);
    const [before, wrong] = checkpoints.slice(4);
    const revision = (wrong?.revision ?? 0) + 1;
    const changed = journal.replace(
      JSON.stringify({ facts: wrong?.facts, revision: wrong?.revision, hash: wrong?.hash }),
      JSON.stringify({ facts: wrong?.facts, revision, hash: wrong?.hash }),
    );

    expect(await verify(changed)).toMatchObject({
      kind: "recordingDiffers",
      window: { fromUs: before?.atUs, untilUs: wrong?.atUs },
      recorded: { revision },
      replayed: { revision: revision - 1 },
    });
  });

  test("of which only what is in an object is different says so", async () => {
    const journal = await aSession();
    const changed = changedBody(journal, (body) =>
      body.replace('"name":"d"}', '"name":"d","labels":{"e":"f"}}'),
    );

    expect(await verify(changed)).toEqual({ kind: "objectsDiffer", between: "recording" });
  });

  test("with another end differs between its last checkpoint and that", async () => {
    const journal = await aSession();
    const { checkpoints, end } = parseJournal(journal);
    const changed = journal.replace(end?.traceHash ?? "", "0123456789abcdef");

    expect(await verify(changed)).toMatchObject({
      kind: "recordingDiffers",
      window: { fromUs: checkpoints.at(-1)?.atUs, untilUs: end?.atUs },
      recorded: { hash: "0123456789abcdef" },
    });
  });
});
