import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { podraceVersion } from "../../src/cluster/version.ts";
import { deleted, liveKubectl, manifest } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

describe.each(kubectlVersions)("a cluster, with kubectl %s", (version) => {
  const kubectl = liveKubectl(version, { nodes: 1 });

  test("says that it is Kubernetes 1.36, and whose", async () => {
    const text = await kubectl.output("version");
    const { serverVersion } = JSON.parse((await kubectl("version -o json")).stdout) as {
      serverVersion: Record<string, string>;
    };

    expect(text).toMatch(new RegExp(`^Client Version: v1\\.${kubectl.minor()}\\.\\d+`));
    expect(text).toContain(`Server Version: v1.36.0+podrace.${podraceVersion}\n`);
    expect(serverVersion).toMatchObject({
      major: "1",
      minor: "36",
      gitVersion: `v1.36.0+podrace.${podraceVersion}`,
      gitTreeState: "clean",
      compiler: expect.stringMatching(/./),
      platform: expect.stringMatching(/^\w+\/\w+$/),
    });
  });

  test("lists what it serves", async () => {
    const [header = "", ...rows] = (await kubectl.output("api-resources")).trimEnd().split("\n");
    const cells = rows.map((row) => row.trim().split(/ +/));

    expect(header).toMatch(/^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND$/);
    expect(cells).toEqual([
      ["configmaps", "cm", "v1", "true", "ConfigMap"],
      ["events", "ev", "v1", "true", "Event"],
      ["namespaces", "ns", "v1", "false", "Namespace"],
      ["nodes", "no", "v1", "false", "Node"],
      ["pods", "po", "v1", "true", "Pod"],
      ["secrets", "v1", "true", "Secret"],
      ["serviceaccounts", "sa", "v1", "true", "ServiceAccount"],
      ["services", "svc", "v1", "true", "Service"],
      ["leases", "coordination.k8s.io/v1", "true", "Lease"],
    ]);
    expect(await kubectl.output("api-resources --namespaced=false -o name")).toBe(
      "namespaces\nnodes\n",
    );
    expect(await kubectl.output("api-versions")).toBe("coordination.k8s.io/v1\nv1\n");
  });

  test("says where it is", async () => {
    const { server } = kubectl.cluster().address;
    const plain = stripVTControlCharacters(await kubectl.output("cluster-info"));

    expect(plain).toBe(
      `Kubernetes control plane is running at ${server}\n\n` +
        "To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n",
    );
  });

  test("answers raw paths, and explains its kinds", async () => {
    const list = JSON.parse(await kubectl.output("get --raw /api/v1/namespaces?limit=1")) as object;

    expect(await kubectl.output("get --raw /livez")).toBe("ok");
    expect(list).toMatchObject({
      kind: "NamespaceList",
      metadata: { continue: expect.any(String), remainingItemCount: 3 },
      items: [{ metadata: { name: "default" } }],
    });
    expect((await kubectl("get --raw /nosuch")).exitCode).toBe(1);
    const explained = await kubectl.output("explain pod.spec");
    expect(explained).toMatch(/^KIND: +Pod\nVERSION: +v1\n\nFIELD: spec <PodSpec>\n/);
    expect(explained).toMatch(/^ {2}containers\t<\[\]Container> -required-$/m);
    expect(explained).toMatch(/^ {2}restartPolicy\t<string>$/m);
    expect((await kubectl("explain pod.spec.nosuch")).stderr).toBe(
      'error: field "nosuch" does not exist\n',
    );
  });

  test.each([
    ["get pods nosuch", 'Error from server (NotFound): pods "nosuch" not found\n'],
    ["describe node nosuch", 'Error from server (NotFound): nodes "nosuch" not found\n'],
    ["get nosuchtype", `error: the server doesn't have a resource type "nosuchtype"\n`],
    [
      "run x --image nginx -n nosuch",
      'Error from server (NotFound): namespaces "nosuch" not found\n',
    ],
    [
      "create ns default",
      'Error from server (AlreadyExists): namespaces "default" already exists\n',
    ],
    [
      "create configmap -n nosuch x",
      'error: failed to create configmap: namespaces "nosuch" not found\n',
    ],
    [
      "get pods -l a=b=c",
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "a=b=c", field selector "": ' +
        "found '=', expected: ',' or 'end of string'\n",
    ],
    [
      "get pods --field-selector spec.image=x",
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.image=x": ' +
        "field label not supported: spec.image\n",
    ],
    [
      "get cm --field-selector data=x",
      'Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match label selector "", field selector "data=x": ' +
        '"data" is not a known field selector: only "metadata.name", "metadata.namespace"\n',
    ],
    [
      "run a.b --image nginx",
      'The Pod "a.b" is invalid: spec.containers[0].name: Invalid value: "a.b": must not contain dots\n',
    ],
    ["run x --image=", "error: --image is required\n"],
    [
      "create ns Bad_Name",
      'The Namespace "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 label must consist of ' +
        "lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', " +
        "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\n",
    ],
  ])("refuses `%s` in Kubernetes' words", async (command, words) => {
    const { exitCode, stdout, stderr } = await kubectl(command);

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe(words);
  });

  test("a namespace nobody made is empty, not an error", async () => {
    expect(await kubectl("get pods -n nosuch")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "No resources found in nosuch namespace.\n",
    });
  });

  // From 1.32 on, these come as protobuf.
  test("makes config maps, secrets and service accounts of what it is told", async () => {
    expect(
      await kubectl.output("create configmap settings --from-literal=a=1 --from-literal=b=2"),
    ).toBe("configmap/settings created\n");
    expect(await kubectl.output("create secret generic keys --from-literal=k=v")).toBe(
      "secret/keys created\n",
    );
    expect(await kubectl.output("create serviceaccount robot")).toBe(
      "serviceaccount/robot created\n",
    );

    expect(await kubectl.output("get cm settings -o jsonpath={.data}")).toBe('{"a":"1","b":"2"}');
    expect(await kubectl.output("get secret keys -o jsonpath={.type}/{.data.k}")).toBe(
      "Opaque/dg==",
    );
    expect(await kubectl.output("get cm settings --no-headers")).toMatch(/^settings +2 +\d+s\n$/);
    expect(await kubectl.output("get secret keys --no-headers")).toMatch(
      /^keys +Opaque +1 +\d+s\n$/,
    );
    expect(await kubectl.output("get sa robot -o name")).toBe("serviceaccount/robot\n");
    expect((await kubectl("create sa robot")).stderr).toBe(
      'error: failed to create serviceaccount: serviceaccounts "robot" already exists\n',
    );
    const gone = await kubectl.output("delete cm/settings secret/keys sa/robot");
    const minor = kubectl.minor();
    expect(gone).toBe(
      ['configmap "settings"', 'secret "keys"', 'serviceaccount "robot"']
        .map((what) => deleted(minor, what))
        .join(""),
    );
  });

  test("a namespace takes all that is in it along when it goes", async () => {
    expect(await kubectl.output("create namespace shop")).toBe("namespace/shop created\n");
    expect(await kubectl.output("get ns shop --no-headers")).toMatch(/^shop +Active +\d+s\n$/);
    await kubectl.output("run web --image nginx -n shop");
    await kubectl.output("wait --for=condition=Ready pod/web -n shop --timeout=20s");
    expect(await kubectl.output("get cm -n shop -o name")).toBe("configmap/kube-root-ca.crt\n");
    expect(await kubectl.output("get sa -n shop -o name")).toBe("serviceaccount/default\n");
    expect(
      await kubectl.output("get pods -A -o name --field-selector metadata.namespace=shop"),
    ).toBe("pod/web\n");
    expect(await kubectl.output("delete namespace shop")).toBe('namespace "shop" deleted\n');
    expect((await kubectl("get namespace shop")).stderr).toBe(
      'Error from server (NotFound): namespaces "shop" not found\n',
    );
    expect((await kubectl("get pods,cm,sa -n shop")).stderr).toBe(
      "No resources found in shop namespace.\n",
    );
  });

  test("waits for conditions, and says what it waited for in vain", async () => {
    await kubectl.output("run waited --image nginx");
    expect(await kubectl.output("wait --for=condition=Ready pod/waited --timeout=20s")).toBe(
      "pod/waited condition met\n",
    );
    expect(await kubectl.output("wait --for=jsonpath={.status.phase}=Running pod/waited")).toBe(
      "pod/waited condition met\n",
    );
    expect(await kubectl("wait --for=condition=Nope pod/waited --timeout=1s")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "error: timed out waiting for the condition on pods/waited\n",
    });
    const waiting = kubectl("wait --for=delete pod/waited --timeout=20s");
    await kubectl.output("delete pod waited");
    expect((await waiting).exitCode).toBe(0);
  });

  test("pages through long lists, and leaves nothing out", async () => {
    const names = Array.from({ length: 12 }, (_none, index) => `page-${String(index + 10)}`);
    const items = names.map((name) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
    }));
    await kubectl.output("create -f -", manifest({ apiVersion: "v1", kind: "List", items }));
    const paged = await kubectl.output("get cm --chunk-size=5 -o name");

    expect(paged).toBe(
      ["kube-root-ca.crt", ...names].map((name) => `configmap/${name}\n`).join(""),
    );
  });
});
