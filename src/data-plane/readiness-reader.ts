import type { Batch } from "./batch.ts";
import type { Readiness } from "./node-object.ts";

/** Reads what kubelets say of their readiness: the same few things, so one object for each of them. */
export class ReadinessReader {
  readonly #known: Readiness[] = [];

  read(outbox: Batch, index: number): Readiness {
    const isReady = outbox.argument(index, 0) === 1;
    const reason = outbox.text(outbox.argument(index, 1));
    const message = outbox.text(outbox.argument(index, 2));
    const known = this.#known.find(
      (said) => said.isReady === isReady && said.reason === reason && said.message === message,
    );
    if (known !== undefined) return known;
    const said = { isReady, reason, message };
    if (this.#known.length < knownMax) this.#known.push(said);
    return said;
  }
}

const knownMax = 16;
