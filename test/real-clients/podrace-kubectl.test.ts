import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderKubeconfig } from "../../src/cli/kubeconfig.ts";
import { kubectl as podraceKubectl } from "../../src/cli/kubectl/kubectl.ts";
import { wallClock } from "../../src/kernel/wall-clock.ts";
import { evened } from "./evened.ts";
import { liveKubectl } from "./live-kubectl.ts";
import { type KubectlResult, kubectlVersions } from "./kubectl.ts";

const newest = kubectlVersions.at(-1) as (typeof kubectlVersions)[number];

/** Commands of the subset, one after another. FOLDER holds the manifests. */
const script = `
get pods
run my-nginx --image nginx
run my-nginx --image nginx
run x --image nginx --dry-run=client -o yaml
run x --image nginx --dry-run=server
run x --image nginx -n nosuch
run Bad_Name --image nginx
run x
apply -f FOLDER/pod.yaml
apply -f FOLDER/pod.yaml
(wait)
get pods
get po my-nginx
get pods -o wide
get pods -A
get pods --show-labels
get pods -L run
get pods -l run=my-nginx
get pods -l a=b=c
get pods --field-selector status.phase=Running
get pods --field-selector foo=bar
get pods --no-headers
get pods -o name
get pods -o yaml
get pod my-nginx -o json
get pods -o jsonpath={.items[*].metadata.name}
get pods -o jsonpath={range.items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}
get pods nosuch
get pods my-nginx nosuch
get nosuchtype
get pods,svc
get pods/my-nginx svc/kubernetes
get all
get all -A
get ns
get nodes
get nodes -o wide
get leases -A
get cm,secrets,sa
get pods -n nosuch
get events --field-selector reason=Scheduled
describe pod my-nginx
describe pods
describe node node-1
describe pod nosuch
api-resources
cluster-info
label pod my-nginx a=b
label pod my-nginx a=c
label pod my-nginx a=c --overwrite
label pod my-nginx a-
label pod nosuch a=b
label pods --all b=1
annotate pod my-nginx note=x
apply -f FOLDER/cm.yaml
apply -f FOLDER/cm2.yaml
get cm cm1 -o yaml
create -f FOLDER/cm.yaml
replace -f FOLDER/cm.yaml
get cm cm1 -o jsonpath={.data}
delete -f FOLDER/cm.yaml
delete -f FOLDER/cm.yaml
apply -f FOLDER/badkind.yaml
apply -f FOLDER/unknown-field.yaml
apply -f FOLDER/no-such-file.yaml
delete pod my-nginx
delete pod my-nginx
delete pod applied --now
delete pod applied --ignore-not-found
delete nosuchtype x
get all
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "podrace-subset-"));
  await cp(join(import.meta.dirname, "vectors/manifests"), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("podrace kubectl", () => {
  // Two clusters of one seed; ages in `describe` are by the clock of whoever runs kubectl.
  const real = liveKubectl(newest, { speed: 1 });
  const other = liveKubectl(newest, { speed: 1 });

  async function ours(command: string): Promise<KubectlResult> {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, renderKubeconfig("live", other.cluster().address));
    let stdout = "";
    let stderr = "";
    const exitCode = await podraceKubectl(command.split(" "), {
      out: (text) => void (stdout += text),
      err: (text) => void (stderr += text),
      readStdin: () => Promise.resolve(""),
      env: { KUBECONFIG: kubeconfig },
      interrupted: new AbortController().signal,
      nowUs: () => wallClock.nowUs(),
    });
    return { exitCode, stdout, stderr };
  }

  test("prints and exits as the real one does, command by command", async () => {
    const printed: object[] = [];
    const expected: object[] = [];
    for (const line of script.trim().split("\n")) {
      if (line === "(wait)") {
        const ready = "wait --for=condition=Ready pods --all --timeout=20s";
        await Promise.all([real.output(ready), other.output(ready)]);
        continue;
      }
      const command = line.replace("FOLDER", folder);
      const [theirs, own] = await Promise.all([real(command), ours(command)]);
      printed.push({ command, ...alike(own) });
      expected.push({ command, ...alike(theirs) });
    }

    expect(printed).toEqual(expected);
  });
});

/** Without what two clusters differ in, and what has changed in kubectl since 1.28. */
function alike(answer: KubectlResult): KubectlResult {
  const stdout = stripVTControlCharacters(answer.stdout)
    .replaceAll(/"(uid|resourceVersion)": "[^"]*"/g, '"$1": …')
    .replaceAll(/\b[0-9a-f]{32,64}\b/g, "HASH")
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]+/g, "TIME")
    .replaceAll(/kube-api-access-\w{5}/g, "kube-api-access")
    .replaceAll(/spec\.containers\{[^}]*\}: /g, "")
    .replaceAll(/ConfigMapOptional: +<nil>/g, "Optional:  false")
    .replaceAll(" from default namespace", "")
    .replace("  creationTimestamp: null\n", "");
  return evened({ ...answer, stdout });
}
