import type { ActorRef, Timeline } from "../../kernel/timeline.ts";
import type { Change, Store } from "../store/store.ts";
import type { StoredObject } from "./stored/stored-object.ts";

/** @see kubernetes `cmd/kube-apiserver/app/options/options.go`: `EventTTL`, one hour */
const eventTtlUs = 3_600_000_000;
const sweepIntervalUs = 60_000_000;

/**
 * Events are forgotten an hour after they were last written. They expire in the order they were
 * written in, so a queue is enough.
 */
export class EventExpiry {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #store: Store<StoredObject>;
  #written: { readonly key: string; readonly revision: number; readonly expiresAtUs: number }[] =
    [];

  constructor(timeline: Timeline, actor: ActorRef, store: Store<StoredObject>) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#store = store;
    this.#sweepLater();
  }

  noticed({ type, key, revision }: Change<StoredObject>): void {
    if (type !== "put" || !key.startsWith("/registry/events/")) return;
    this.#written.push({ key, revision, expiresAtUs: this.#timeline.nowUs + eventTtlUs });
  }

  #sweepLater(): void {
    this.#timeline.setBackgroundTimer(this.#actor, sweepIntervalUs, () => {
      this.#sweep();
      this.#sweepLater();
    });
  }

  #sweep(): void {
    const firstKept = this.#written.findIndex(
      ({ expiresAtUs }) => expiresAtUs > this.#timeline.nowUs,
    );
    const expired = firstKept === -1 ? this.#written : this.#written.slice(0, firstKept);
    this.#written = firstKept === -1 ? [] : this.#written.slice(firstKept);
    for (const { key, revision } of expired) {
      // Written again since: then a later entry of the queue speaks for it.
      const compares = [{ key, modRevision: revision }];
      this.#store.transact({ compares, then: [{ type: "delete", key }] }, () => {});
    }
  }
}
