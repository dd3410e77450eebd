import { defineConfig } from "vitest/config";

/**
 * The rings of tests. `npm test` runs all but `soak`; a path narrows it, as in
 * `npm test -- test/kernel`.
 */
export default defineConfig({
  test: {
    globalSetup: "test/global-setup.ts",
    projects: [
      ring("inline", {
        include: ["test/**/*.test.ts"],
        exclude: ["test/threads/**", "test/real-clients/**", "test/soak/**"],
      }),
      ring("threads", { include: ["test/threads/**/*.test.ts"], testTimeout: 30_000 }),
      ring("real-clients", {
        include: ["test/real-clients/**/*.test.ts"],
        testTimeout: 60_000,
        hookTimeout: 120_000,
      }),
      ring("soak", { include: ["test/soak/**/*.test.ts"], testTimeout: 3_600_000 }),
    ],
  },
});

interface Ring {
  readonly include: string[];
  readonly exclude?: string[];
  readonly testTimeout?: number;
  readonly hookTimeout?: number;
}

function ring(name: string, options: Ring) {
  return { test: { name, pool: "forks" as const, setupFiles: ["test/setup.ts"], ...options } };
}
