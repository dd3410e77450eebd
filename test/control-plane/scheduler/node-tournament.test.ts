import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NodeTournament } from "../../../src/control-plane/scheduler/node-tournament.ts";

describe("a tournament of nodes", () => {
  test("has the best score at its root, and of equal ones the lowest rank", () => {
    const tournament = new NodeTournament(Int32Array.of(3, 9, 9, -1), Uint32Array.of(0, 7, 5, 1));

    expect(tournament.best).toBe(2);
    expect(tournament.feasible).toBe(3);
  });

  test("has no best node when none fits, nor when there is none", () => {
    expect(new NodeTournament(Int32Array.of(-1, -1), Uint32Array.of(0, 1)).best).toBeUndefined();
    expect(new NodeTournament(new Int32Array(0), new Uint32Array(0)).best).toBeUndefined();
  });

  test("is after any changes what a scan of all nodes finds", () => {
    const score = fc.integer({ min: -1, max: 5 });
    const change = fc.record({ node: fc.nat(40), score });
    fc.assert(
      fc.property(
        fc.array(score, { minLength: 1, maxLength: 41 }),
        fc.array(change),
        (scores, changes) => {
          const ranks = Uint32Array.from(scores, (_score, node) => (node * 7_919) % 101);
          const tournament = new NodeTournament(Int32Array.from(scores), ranks);
          const now = [...scores];
          for (const { node, score: next } of changes) {
            const index = node % now.length;
            tournament.setScore(index, next);
            now[index] = next;
            expect(tournament.best).toBe(bestOf(now, ranks));
            expect(tournament.feasible).toBe(now.filter((each) => each >= 0).length);
          }
        },
      ),
    );
  });
});

function bestOf(scores: readonly number[], ranks: Uint32Array): number | undefined {
  let best: number | undefined;
  for (const [node, score] of scores.entries()) {
    if (score < 0) continue;
    const bestScore = best === undefined ? -1 : (scores[best] as number);
    const isFirst = best !== undefined && (ranks[node] as number) < (ranks[best] as number);
    if (score > bestScore || (score === bestScore && isFirst)) best = node;
  }
  return best;
}
