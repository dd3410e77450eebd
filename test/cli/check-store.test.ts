import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { podrace, type PodraceResult, privateHome, startPodrace } from "./podrace.ts";

const preload = pathToFileURL(join(import.meta.dirname, "lossy-store.mjs")).href;
const lossy = { NODE_OPTIONS: `--import ${preload}` };

/** A cluster whose store forgets to tell of a pod's deletion, while somebody deletes one. */
async function upWithALossyStore(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly ended: Promise<PodraceResult>; readonly interrupt: () => void }> {
  const kubeconfig = join(mkdtempSync(join(await privateHome(), "lossy-")), "config");
  const oneNode = ["--nodes", "1", "--threads", "1", "--port", "0", "--seed", "5"];
  const running = await startPodrace(["up", ...oneNode, "--kubeconfig", kubeconfig, ...args], {
    env: { ...lossy, ...env },
  });
  await running.printed(/Stop: Ctrl-C/);
  const client = { env: { KUBECONFIG: kubeconfig } };
  await podrace(["kubectl", "run", "my-nginx", "--image", "nginx"], client);
  await podrace(["kubectl", "delete", "pod", "my-nginx", "--now", "--wait=false"], client);
  await podrace(["kubectl", "get", "pods"], client);
  return running;
}

describe("podrace up --check-store", () => {
  test("ends with 6 where a watch is not told, naming promise, revision, key and place", async () => {
    const { exitCode, stderr } = await (await upWithALossyStore(["--check-store"])).ended;

    expect(exitCode).toBe(6);
    expect(stderr).toMatch(
      /^podrace: the run broke: broken invariant: WatchReliable at revision \d+, key \/registry\/pods\/default\/my-nginx: the delete was not told \(seed 5; window .*; actor .* on main at .*\)$/m,
    );
  });

  test("is asked for by PODRACE_CHECK_STORE as well, and without either nobody looks", async () => {
    const env = { PODRACE_CHECK_STORE: "1" };
    expect(await (await upWithALossyStore([], env)).ended).toMatchObject({ exitCode: 6 });

    const unseen = await upWithALossyStore([], { PODRACE_CHECK_STORE: "0" });
    unseen.interrupt();
    expect(await unseen.ended).toMatchObject({ exitCode: 0 });
  });

  test("refuses another value of PODRACE_CHECK_STORE", async () => {
    const refused = await podrace(["up"], { env: { PODRACE_CHECK_STORE: "yes" } });
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error: PODRACE_CHECK_STORE must be 1 or 0, not "yes"$/m);
  });
});

describe("podrace replay and verify with --check-store", () => {
  test("end with 6 as well where the store broke its promise, and with 0 where it did not", async () => {
    const recorded = join(mkdtempSync(join(await privateHome(), "recorded-")), "session");
    const live = await upWithALossyStore(["--record", recorded], { PODRACE_CHECK_STORE: "0" });
    live.interrupt();
    expect(await live.ended).toMatchObject({ exitCode: 0 });

    for (const command of ["replay", "verify"]) {
      const args = [command, recorded];
      const unchecked = { ...lossy, PODRACE_CHECK_STORE: "0" };
      expect(await podrace(args, { env: unchecked })).toMatchObject({ exitCode: 0 });
      const broken = await podrace([...args, "--check-store"], { env: unchecked });
      expect(broken).toMatchObject({ exitCode: 6 });
      expect(broken.stderr).toContain(
        "key /registry/pods/default/my-nginx: the delete was not told",
      );
    }
  });
});
