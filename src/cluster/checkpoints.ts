import type { Fact } from "../kernel/trace.ts";
import type { Cluster, Progress } from "./cluster.ts";
import type { JournalWriter } from "./journal.ts";

/** How far checkpoints are apart at least, µs of virtual time. */
const intervalUs = 1_000_000;

/**
 * Writes down what a run comes to, so that a replay can be compared with it on the way: once a
 * second of virtual time in which anything happened, and when asked.
 */
export class Checkpoints {
  readonly #cluster: Cluster;
  readonly #journal: JournalWriter;
  readonly #facts: Fact[] = [];
  #lastUs: number;
  #last: Progress;

  /** @param withFacts Whether every fact is written down, too. */
  constructor(cluster: Cluster, journal: JournalWriter, withFacts: boolean) {
    this.#cluster = cluster;
    this.#journal = journal;
    this.#lastUs = cluster.nowUs;
    this.#last = cluster.progress;
    if (withFacts) {
      this.#facts.push(...cluster.trace.facts());
      cluster.trace.watch((fact) => this.#facts.push(fact));
    }
    cluster.simulation.watchWindows((endUs) => {
      if (endUs > this.#lastUs + intervalUs) this.write(endUs - 1);
    });
  }

  /** All that is due up to `atUs` has been handled, and nothing later. */
  write(atUs: number): void {
    const progress = this.#cluster.progress;
    if (progress.facts === this.#last.facts && progress.revision === this.#last.revision) return;
    const facts = this.#facts.splice(0);
    if (facts.length > 0) this.#journal.write({ at: atUs, facts });
    this.#journal.write({ at: atUs, checkpoint: progress });
    this.#lastUs = atUs;
    this.#last = progress;
  }
}
