import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const cores = availableParallelism();

/**
 * The rings of tests. `npm test` runs all but `soak`; a path narrows it, as in
 * `npm test -- test/kernel`.
 */
export default defineConfig({
  test: {
    globalSetup: "test/global-setup.ts",
    projects: [
      // Files share a process: each would otherwise load half of podrace again.
      ring("inline", {
        include: ["test/**/*.test.ts"],
        exclude: ["test/cli/*.test.ts", "test/{threads,real-clients,soak}/**"],
        isolate: false,
      }),
      ring("cli", { include: ["test/cli/*.test.ts"] }),
      ring("real-clients", {
        include: ["test/real-clients/**/*.test.ts"],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      // These have threads of their own, so there are fewer at once, and nothing else meanwhile.
      ring("threads", {
        include: ["test/threads/**/*.test.ts"],
        testTimeout: 120_000,
        maxWorkers: Math.max(Math.floor(cores / 2), 1),
        sequence: { groupOrder: 1 },
      }),
      ring("soak", {
        include: ["test/soak/**/*.test.ts"],
        testTimeout: 3_600_000,
        maxWorkers: 1,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});

type Ring = NonNullable<TestProjectInlineConfiguration["test"]>;

function ring(name: string, options: Ring): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      pool: "forks",
      setupFiles: ["test/setup.ts"],
      // Where there are only two cores, vitest would leave one idle.
      maxWorkers: Math.max(cores - 1, 2),
      // For what hangs, not for what is slow.
      testTimeout: 60_000,
      ...options,
    },
  };
}
