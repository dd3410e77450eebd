import { expect, test } from "vitest";
import { nodeAddress } from "../../src/data-plane/addresses.ts";

test.each([
  [0, "172.18.0.2"],
  [1, "172.18.0.3"],
  [253, "172.18.0.255"],
  [254, "172.18.1.0"],
  [65_534, "172.19.0.0"],
  [199_999, "172.21.13.65"],
])("node %d has the address %s", (index, address) => {
  expect(nodeAddress(index)).toBe(address);
});
