import { describe } from "vitest";
import { testSettling } from "./settling.ts";

describe("when a cluster on one thread is settled", () => {
  testSettling(0);
});
