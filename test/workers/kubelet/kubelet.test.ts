import { describe, expect, test } from "vitest";
import { aContainer, aScript, aSpec, KubeletDriver, second } from "./kubelet-driver.ts";

const problem =
  "NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

describe("a kubelet", () => {
  test("registers its node, is not ready at first, and is once it has a pod network", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    expect(kubelet.nodeState).toBe("notReady");
    kubelet.seeNode("10.244.0.0/24");
    kubelet.run(1);

    expect(kubelet.nodeState).toBe("ready");
    expect(kubelet.nodeReports).toEqual(["register", "lease", "not ready", "ready"]);
  });

  test("renews its lease every 10 s, and tells its status every 5 min", () => {
    const kubelet = new KubeletDriver();
    const { length } = kubelet.nodeReports;
    kubelet.run(3_600 * second);
    const reported = kubelet.nodeReports.slice(length);

    expect(reported.filter((report) => report === "lease")).toHaveLength(360);
    expect(reported.filter((report) => report === "ready").length).toBeGreaterThanOrEqual(11);
    expect(reported).not.toContain("not ready");
  });

  test("shows its pods as they are", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.bind("job", aSpec({ restartPolicy: "Never", containers: [aScript("true")] }));
    kubelet.run(20 * second);

    expect(kubelet.pods).toEqual(["web running", "job succeeded"]);
  });

  test.each(["docker", "containerd", "cri-o"] as const)("leads pods with %s", (runtime) => {
    const kubelet = new KubeletDriver({ runtime });
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);

    expect(kubelet.status("web").phase).toBe("Running");
  });

  test("does the same with the same seed, and in other times with another", () => {
    const timesOf = (seed: number): readonly number[] => {
      const kubelet = new KubeletDriver({ seed });
      kubelet.bind("web", aSpec());
      kubelet.run(10 * second);
      return kubelet.statuses("web").map(({ atUs }) => atUs);
    };
    expect(timesOf(7)).toEqual(timesOf(7));
    expect(timesOf(8)).not.toEqual(timesOf(7));
  });

  test("takes a pod it knows for the one it is", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);
    kubelet.update("web", aSpec());
    kubelet.run(10 * second);

    expect(kubelet.reasons("web")).toEqual(["Pulling", "Pulled", "Created", "Started"]);
  });
});

describe("a kubelet without a pod network", () => {
  test("keeps a pod that is bound to it, and runs it when the network is there", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    kubelet.bind("web", aSpec());
    kubelet.run(5 * second);
    expect(kubelet.history("web")).toEqual(["Pending: waiting ContainerCreating"]);
    expect(kubelet.events("web").map(({ text }) => text)).toEqual([problem]);
    kubelet.seeNode("10.244.3.0/24");
    kubelet.run(10 * second);

    expect(kubelet.status("web")).toMatchObject({ phase: "Running", ip: "10.244.3.2" });
    expect(kubelet.reasons("web")).toEqual([
      "NetworkNotReady",
      "Pulling",
      "Pulled",
      "Created",
      "Started",
    ]);
  });

  test("runs a pod on its host's network all the same", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    kubelet.bind("agent", aSpec({ hostNetwork: true }));
    kubelet.run(10 * second);

    expect(kubelet.status("agent").phase).toBe("Running");
  });

  test("lets a pod go that is deleted meanwhile", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    kubelet.bind("web", aSpec());
    kubelet.run(5 * second);
    kubelet.delete("web");
    kubelet.run(1);
    expect(kubelet.removedAtUs("web")).toBeDefined();
    kubelet.seeNode("10.244.3.0/24");
    kubelet.run(10 * second);

    expect(kubelet.reasons("web")).toEqual(["NetworkNotReady"]);
    expect(kubelet.pods).toEqual([]);
  });

  test("runs a pod as it is wanted by then", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    kubelet.bind("web", aSpec({ containers: [aContainer({ image: "nginx:1" })] }));
    kubelet.run(second);
    kubelet.update("web", aSpec({ containers: [aContainer({ image: "nginx:2" })] }));
    kubelet.seeNode("10.244.3.0/24");
    kubelet.run(10 * second);

    expect(kubelet.events("web")[1]?.text).toBe('Pulling: Pulling image "nginx:2"');
  });

  test("gives the pods that waited addresses in the order they came", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    for (const name of ["a", "b", "c"]) kubelet.bind(name, aSpec());
    kubelet.run(second);
    kubelet.seeNode("10.244.3.0/24");
    kubelet.run(20 * second);

    const ips = ["a", "b", "c"].map((name) => kubelet.status(name).ip);
    expect(new Set(ips)).toEqual(new Set(["10.244.3.2", "10.244.3.3", "10.244.3.4"]));
  });
});
