/**
 * What goes wrong at a time, as written down by hand. Actors are named by patterns: `scheduler`,
 * `kubelet:node-3`, `kubelet:*`, `*`.
 *
 * Times are in µs, `atUs` after the start of the run. `forUs` is how long it lasts; without it, until
 * the fault that ends it, or for ever.
 */
export type Fault = LinkFault | ActorFault;

export type LinkFault = {
  readonly atUs: number;
  /** The two ends. With `oneWay`, only what the first sends to the second is meant. */
  readonly between: readonly [string, string];
  readonly oneWay?: boolean;
  /** Only messages of this kind, as site keys call them: `changes` is what etcd's watches say. */
  readonly stream?: string;
} & (
  | { readonly kind: "partition" | "hold"; readonly forUs?: number }
  | { readonly kind: "repair" | "release" }
  /** Messages take so much longer. */
  | { readonly kind: "delay"; readonly extraUs: number; readonly forUs?: number }
);

export type ActorFault = { readonly atUs: number; readonly actor: string } & (
  | { readonly kind: "crash" | "pause"; readonly forUs?: number }
  | { readonly kind: "restart" | "resume" }
  /** Each thing it handles keeps it busy for so long. */
  | { readonly kind: "slow"; readonly extraUs: number; readonly forUs?: number }
  /** It believes that it is so much later, and that so many µs more pass in a million. */
  | {
      readonly kind: "clock";
      readonly offsetUs?: number;
      readonly ratePerMillion?: number;
      readonly forUs?: number;
    }
);

export type FaultKind = Fault["kind"];

/** What ends a fault of a kind that lasts. */
const endedBy: Readonly<Partial<Record<FaultKind, FaultKind>>> = {
  partition: "repair",
  hold: "release",
  crash: "restart",
  pause: "resume",
};

/** A stretch of virtual time, µs; `untilUs` is not part of it. */
export interface Spell {
  readonly fromUs: number;
  readonly untilUs: number;
}

export interface FaultSpell<F extends Fault = Fault> extends Spell {
  readonly fault: F;
}

/** Whether a pattern names an actor; `*` stands for any text. */
export function isNamed(pattern: string, name: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === name;
  const end = rest.pop() ?? "";
  if (!name.startsWith(start) || !name.endsWith(end)) return false;
  let from = start.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return from <= name.length - end.length;
}

/** When faults are in force whose selector matches: each until it is over by itself, or ended. */
export function spellsOf<F extends Fault>(
  faults: readonly F[],
  kind: F["kind"],
  startUs: number,
  isMeant: (fault: F) => boolean,
): readonly FaultSpell<F>[] {
  const meant = faults.filter(isMeant);
  const ends = meant.filter((fault) => fault.kind === endedBy[kind]).map(({ atUs }) => atUs);
  return meant
    .filter((fault) => fault.kind === kind)
    .map((fault) => {
      const { forUs = Infinity } = fault as { readonly forUs?: number };
      const ended = Math.min(...ends.filter((atUs) => atUs >= fault.atUs), fault.atUs + forUs);
      return { fault, fromUs: startUs + fault.atUs, untilUs: startUs + ended };
    })
    .toSorted((left, right) => left.fromUs - right.fromUs || left.untilUs - right.untilUs);
}

/** Whether a link fault is about what `from` sends to `to`. */
export function isBetween(
  { between: [one, other], oneWay = false }: LinkFault,
  from: string,
  to: string,
): boolean {
  if (isNamed(one, from) && isNamed(other, to)) return true;
  return !oneWay && isNamed(one, to) && isNamed(other, from);
}

export function isLinkFault(fault: Fault): fault is LinkFault {
  return "between" in fault;
}
