import { type IncomingMessage, request } from "node:http";
import type { KubeObject } from "../../../src/api/objects.ts";

/**
 * A list that a client follows over plain HTTP through everything that happens to its server, as a reflector
 * does: it watches, goes on after the last event it got when the connection ends, and lists again when a
 * server that began anew says 410.
 */
export class FollowedList {
  /** `ADDED a`, as they came. */
  readonly events: string[] = [];
  /** How often it had to list again. */
  lists = 0;
  readonly #url: string;
  #revision: string;
  #isOver = false;
  #response: IncomingMessage | undefined;
  readonly #run: Promise<void>;

  /** @param url Of the collection. */
  constructor(url: string, resourceVersion: string) {
    this.#url = url;
    this.#revision = resourceVersion;
    this.#run = this.#follow();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#response?.destroy();
    await this.#run;
  }

  async #follow(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#watch();
      } catch {
        // The server is down, or went away in the middle of an event.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #watch(): Promise<void> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const url = `${this.#url}?watch=true&resourceVersion=${this.#revision}`;
      request(url, resolve).once("error", reject).end();
    });
    this.#response = response;
    if (response.statusCode !== 200) return void response.resume();
    let rest = "";
    for await (const chunk of response.setEncoding("utf8")) {
      const lines = (rest + (chunk as string)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = JSON.parse(line) as { readonly type: string; readonly object: KubeObject };
        if (event.type === "ERROR") return this.#list();
        this.#take(event);
      }
    }
  }

  /** What it has not heard of yet was added meanwhile. */
  async #list(): Promise<void> {
    this.lists++;
    const response = await fetch(this.#url);
    const { metadata, items } = (await response.json()) as KubeObject & {
      readonly items: readonly KubeObject[];
    };
    const since = Number(this.#revision);
    const added = items.filter((item) => revisionOf(item) > since);
    for (const object of added.toSorted((left, right) => revisionOf(left) - revisionOf(right))) {
      this.#take({ type: "ADDED", object });
    }
    this.#revision = metadata.resourceVersion as string;
  }

  #take({ type, object }: { readonly type: string; readonly object: KubeObject }): void {
    const { name, resourceVersion = "" } = object.metadata;
    this.#revision = resourceVersion;
    this.events.push(`${type} ${name}`);
  }
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}
