import type { KubeletEvent } from "./kubelet-door.ts";
import { type EventArguments, kubeletEvents } from "./kubelet-events.ts";
import type { EventCode } from "./protocol.ts";

/** Most events say what others said before: those that do share their words. */
export class EventWordsCache {
  readonly #byCode = new Map<EventCode, Map<string, KubeletEvent>>();

  of(code: EventCode, args: EventArguments): KubeletEvent {
    // How long something took differs from one to the next.
    if (args.tookUs > 0 || args.waitedUs > 0) return words(code, args);
    let byText = this.#byCode.get(code);
    if (byText === undefined || byText.size >= textsMax) {
      byText = new Map<string, KubeletEvent>();
      this.#byCode.set(code, byText);
    }
    let event = byText.get(args.text);
    if (event === undefined) {
      event = words(code, args);
      byText.set(args.text, event);
    }
    return event;
  }
}

/** Texts remembered of one kind of event. */
const textsMax = 1_024;

function words(code: EventCode, args: EventArguments): KubeletEvent {
  const { type, reason, message } = kubeletEvents[code];
  return { type, reason, message: message(args) };
}
