import { describe } from "vitest";
import { testSettling } from "../cluster/settling.ts";

describe("when a cluster with kubelets on two threads is settled", () => {
  testSettling(2);
});
