import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dottedIp } from "../../../../src/api/ip.ts";
import { PodAddresses } from "../../../../workers/kubelet/runtime/pod-addresses.ts";

function take(addresses: PodAddresses): string | undefined {
  const address = addresses.take();
  return address === undefined ? undefined : dottedIp(address);
}

describe("the addresses of a node's pods", () => {
  test("begin after the network's and the bridge's own", () => {
    const addresses = new PodAddresses("10.244.1.0/24");
    expect([take(addresses), take(addresses)]).toEqual(["10.244.1.2", "10.244.1.3"]);
  });

  test("are not given again while others are left", () => {
    const addresses = new PodAddresses("10.244.1.0/24");
    const first = addresses.take() as number;
    addresses.giveBack(first);
    expect(take(addresses)).toBe("10.244.1.3");
  });

  test("end before the broadcast address, and there is none when all are taken", () => {
    const addresses = new PodAddresses("10.244.1.0/24");
    const taken = Array.from({ length: 253 }, () => take(addresses));
    expect(taken.at(-1)).toBe("10.244.1.254");
    expect(new Set(taken).size).toBe(253);
    expect(addresses.take()).toBeUndefined();
  });

  test("come round again, past those that are still taken", () => {
    const addresses = new PodAddresses("10.244.1.0/29");
    const taken = Array.from({ length: 5 }, () => addresses.take() as number);
    expect(addresses.take()).toBeUndefined();
    addresses.giveBack(taken[3] as number);
    addresses.giveBack(taken[1] as number);

    expect([take(addresses), take(addresses), take(addresses)]).toEqual([
      "10.244.1.3",
      "10.244.1.5",
      undefined,
    ]);
  });

  test("are never held by two pods, and always within the range", () => {
    const actions = fc.array(fc.oneof(fc.constant("take" as const), fc.nat(20)), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(actions, (steps) => {
        const addresses = new PodAddresses("10.244.3.16/28");
        const held: number[] = [];
        for (const step of steps) {
          if (step === "take") {
            const address = addresses.take();
            expect(address === undefined).toBe(held.length === 13);
            if (address === undefined) continue;
            expect(held).not.toContain(address);
            expect(dottedIp(address)).toMatch(/^10\.244\.3\.(1[89]|2\d|30)$/);
            held.push(address);
          } else {
            const [given] = held.splice(step, 1);
            if (given !== undefined) addresses.giveBack(given);
          }
        }
      }),
    );
  });
});
