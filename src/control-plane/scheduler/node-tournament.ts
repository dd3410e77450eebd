/**
 * The best of many nodes, kept up to date: a tree in which every parent is the better of its two
 * children. A node that changes costs one path to the root, the best of all is at the root.
 *
 * Best is the highest score; of equal ones, the lowest rank.
 */
export class NodeTournament {
  /** Score of each node; −1 for one that does not fit. */
  readonly #scores: Int32Array;
  readonly #ranks: Uint32Array;
  /** Winners by tree position: the root is 1, the leaves follow `#leaves`. */
  readonly #winners: Int32Array;
  readonly #leaves: number;
  #feasible = 0;

  /** @param ranks One a node: who goes first among equals. */
  constructor(scores: Int32Array, ranks: Uint32Array) {
    this.#scores = scores;
    this.#ranks = ranks;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(scores.length, 1)));
    this.#winners = new Int32Array(this.#leaves * 2).fill(-1);
    for (let node = 0; node < scores.length; node++) {
      this.#winners[this.#leaves + node] = node;
      if ((scores[node] as number) >= 0) this.#feasible++;
    }
    for (let position = this.#leaves - 1; position >= 1; position--) this.#play(position);
  }

  /** How many nodes fit. */
  get feasible(): number {
    return this.#feasible;
  }

  /** The best node; `undefined` when none fits. */
  get best(): number | undefined {
    const winner = this.#winners[1] as number;
    return winner === -1 || (this.#scores[winner] as number) < 0 ? undefined : winner;
  }

  scoreOf(node: number): number {
    return this.#scores[node] as number;
  }

  setScore(node: number, score: number): void {
    const before = this.#scores[node] as number;
    if (before === score) return;
    this.#feasible += Number(score >= 0) - Number(before >= 0);
    this.#scores[node] = score;
    for (let position = (this.#leaves + node) >> 1; position >= 1; position >>= 1) {
      this.#play(position);
    }
  }

  #play(position: number): void {
    const left = this.#winners[position * 2] as number;
    const right = this.#winners[position * 2 + 1] as number;
    this.#winners[position] = this.#isBetter(right, left) ? right : left;
  }

  #isBetter(node: number, other: number): boolean {
    if (node === -1) return false;
    if (other === -1) return true;
    const byScore = (this.#scores[node] as number) - (this.#scores[other] as number);
    if (byScore !== 0) return byScore > 0;
    return (this.#ranks[node] as number) < (this.#ranks[other] as number);
  }
}
