import { canonicalQuantity, parseQuantity } from "../../../api/quantity.ts";
import type { Container, Pod } from "../../../api/objects.ts";

/** An amount that is added up, and whether it is to be shown in binary units. */
export interface Amount {
  readonly nano: bigint;
  readonly isBinary: boolean;
}

export const nothing: Amount = { nano: 0n, isBinary: false };

type Bound = "requests" | "limits";

export function amountOf(quantity: string | undefined): Amount {
  if (quantity === undefined) return nothing;
  return { nano: parseQuantity(quantity), isBinary: quantity.endsWith("i") };
}

/** Shown as what is there first: nothing takes on the units of what is added to it. */
export function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce(
    (total, each) => ({
      nano: total.nano + each.nano,
      isBinary: total.nano === 0n ? each.isBinary : total.isBinary,
    }),
    nothing,
  );
}

const nanoPerUnit = 1_000_000_000n;

export function amountText({ nano, isBinary }: Amount): string {
  const bytes = nano / nanoPerUnit;
  return isBinary && nano % nanoPerUnit === 0n && bytes % 1024n === 0n
    ? canonicalQuantity(`${bytes / 1024n}Ki`)
    : canonicalQuantity(`${nano}n`);
}

/** `250m (12%)`: an amount and its share of another. */
export function shareText(amount: Amount, whole: Amount, unitNano: bigint): string {
  const inUnits = (nano: bigint): number => Number((nano + unitNano - 1n) / unitNano);
  const share = whole.nano === 0n ? 0 : (inUnits(amount.nano) / inUnits(whole.nano)) * 100;
  return `${amountText(amount)} (${Math.trunc(share)}%)`;
}

/**
 * What a pod asks for, or may have, as a whole: its containers together, or more if an init
 * container needs more, and what the sandbox costs.
 *
 * @see component-helpers `resource/helpers.go`: PodRequests, PodLimits
 */
export function podAmount({ spec }: Pod, bound: Bound, resource: string): Amount {
  const inContainers = containersAmount(spec, bound, resource);
  const overhead = amountOf(spec.overhead?.[resource]);
  // A limit that is not set is none at all, and no overhead makes one of it.
  const isUnlimited = bound === "limits" && inContainers.nano === 0n;
  return isUnlimited ? inContainers : sum([inContainers, overhead]);
}

function containersAmount(spec: Pod["spec"], bound: Bound, resource: string): Amount {
  const amount = (container: Container): Amount =>
    amountOf(container.resources?.[bound]?.[resource]);
  let sidecars = nothing;
  let initialising = nothing;
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === "Always";
    const withThis = sum([sidecars, amount(container)]);
    if (isSidecar) sidecars = withThis;
    if (withThis.nano > initialising.nano) initialising = withThis;
  }
  const running = sum([...(spec.containers ?? []).map(amount), sidecars]);
  return initialising.nano > running.nano ? initialising : running;
}
