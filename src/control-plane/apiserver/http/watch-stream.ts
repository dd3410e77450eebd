import type { Status } from "../../../api/errors.ts";
import type { Resource } from "../resource.ts";
import type { StoredObject } from "../stored/stored-object.ts";
import type { WatchEventType, WatchSink } from "../watch-cache.ts";
import type { HttpStream } from "./exchange.ts";
import { renderBookmark, type RenderOptions, renderWatched } from "./render.ts";

/** A watch as its client reads it: one JSON object a line. */
export class WatchStream implements WatchSink {
  readonly #resource: Resource;
  readonly #options: Omit<RenderOptions, "nowUs">;
  readonly #nowUs: () => number;
  readonly #stream: HttpStream;
  #isFirst = true;

  constructor(
    resource: Resource,
    options: Omit<RenderOptions, "nowUs">,
    nowUs: () => number,
    stream: HttpStream,
  ) {
    this.#resource = resource;
    this.#options = options;
    this.#nowUs = nowUs;
    this.#stream = stream;
  }

  event(type: WatchEventType, stored: StoredObject): void {
    this.#write(type, renderWatched(this.#resource, stored.toObject(), this.#now(), this.#isFirst));
  }

  bookmark(revision: number, endsInitialEvents: boolean): void {
    const metadata = {
      resourceVersion: String(revision),
      ...(endsInitialEvents && { annotations: { "k8s.io/initial-events-end": "true" } }),
    };
    this.#write("BOOKMARK", renderBookmark(this.#resource, metadata, this.#now(), this.#isFirst));
  }

  error(status: Status): void {
    this.#write("ERROR", JSON.stringify(status));
    this.#stream.end();
  }

  #now(): RenderOptions {
    return { ...this.#options, nowUs: this.#nowUs() };
  }

  #write(type: string, object: string): void {
    this.#isFirst = false;
    this.#stream.write(`{"type":"${type}","object":${object}}\n`);
  }
}
