import * as Comlink from "comlink";
import { Batch, type BatchParts } from "./batch.ts";
import type { StepResult } from "./protocol.ts";

/**
 * Teaches Comlink, on both sides, to hand a batch's buffer over instead of copying it, so that
 * callers pass and get `Batch` objects and never see an encoding.
 */
export function carryBatches(): void {
  Comlink.transferHandlers.set("batch", {
    canHandle: (value): value is Batch => value instanceof Batch,
    serialize: (batch: Batch) => {
      const parts = batch.release();
      return [parts, [parts.buffer]];
    },
    deserialize: ({ buffer, length, texts }: BatchParts) => new Batch(buffer, length, texts),
  });
  Comlink.transferHandlers.set("stepResult", {
    canHandle: (value): value is StepResult =>
      typeof value === "object" &&
      value !== null &&
      "outbox" in value &&
      value.outbox instanceof Batch,
    serialize: ({ outbox, ...rest }: StepResult) => {
      const parts = outbox.release();
      return [{ ...rest, parts }, [parts.buffer]];
    },
    deserialize: ({
      parts,
      ...rest
    }: Omit<StepResult, "outbox"> & { parts: BatchParts }): StepResult => ({
      ...rest,
      outbox: new Batch(parts.buffer, parts.length, parts.texts),
    }),
  });
}
