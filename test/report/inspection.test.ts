import { describe, expect, test } from "vitest";
import type { MachineView } from "../../src/kernel/machine-view.ts";
import { inspectionMermaid } from "../../src/report/inspection-mermaid.ts";
import { inspectionText } from "../../src/report/inspection-text.ts";
import type { InspectedNode, InspectedPod } from "../../src/report/inspection.ts";
import { stateDiagramProblems } from "./state-diagram-problems.ts";

const lamp: MachineView = {
  machine: {
    id: "lamp",
    initial: "off",
    states: [
      {
        name: "off",
        isFinal: false,
        transitions: [
          { event: "press", target: "on" },
          { event: "after 10s", target: "on" },
        ],
      },
      { name: "on", isFinal: false, transitions: [{ event: "press", target: "off" }] },
      { name: "broken", isFinal: true, transitions: [] },
    ],
    anywhere: [{ event: "fall", target: "broken" }],
  },
  value: "on",
  status: "active",
  tags: ["bright"],
  context: { watts: 60 },
  waitsFor: "somebody to press it",
  reactsTo: ["press", "fall"],
  timers: [{ name: "burnsOut", dueUs: 3_500_000 }],
};

const viewpoint = {
  actor: "kubelet:node-1",
  thread: "main",
  now: "1970-01-01T00:00:01.000000Z",
  nowUs: 1_000_000,
};

const node: InspectedNode = {
  ...viewpoint,
  kind: "node",
  name: "node-1",
  node: lamp,
  pods: [
    {
      namespace: "default",
      name: "web",
      state: "on",
      containers: [
        { name: "a", state: "off" },
        { name: "b", state: "on" },
      ],
    },
  ],
};

const pod: InspectedPod = {
  ...viewpoint,
  kind: "pod",
  nodeName: "node-1",
  identity: { namespace: "default", name: "web" },
  pod: { ...lamp, tags: [], timers: [], context: {} },
  containers: [{ name: "a", image: "nginx", isInit: true, container: lamp }],
};

const diagram = `stateDiagram-v2
  state "on (now)" as on
  state "broken (from every state on fall)" as broken
  [*] --> off
  off --> on: press, after 10s
  on --> off: press
  broken --> [*]
  classDef current fill:#326ce5,color:#fff
  class on current
`;

describe("an inspected node", () => {
  test("is a state diagram with its current state marked", () => {
    expect(inspectionMermaid(node)).toBe(diagram);
    expect(stateDiagramProblems(diagram)).toEqual([]);
  });

  test("as text is its snapshot, its pods, whose view it is, and the diagram", () => {
    expect(inspectionText(node)).toBe(`node node-1: on
  waits for  somebody to press it
  reacts to  press, fall
  timer      burnsOut in 2.500000 s, 1970-01-01T00:00:03.500000Z
  tags       bright
  watts      60

pod default/web: on (a off, b on)

As kubelet:node-1 [main] has it, 1970-01-01T00:00:01.000000Z.

${diagram}`);
  });

  test("without pods says so", () => {
    expect(inspectionText({ ...node, pods: [] })).toContain("\n\nno pods\n\n");
  });
});

describe("an inspected pod", () => {
  test("is one state diagram of its machine and its containers', each by itself", () => {
    const drawn = inspectionMermaid(pod);

    expect(stateDiagramProblems(drawn)).toEqual([]);
    expect(drawn).toContain('  state "pod default/web" as pod {\n    state "off" as pod_off\n');
    expect(drawn).toContain('  state "container a" as c0 {\n');
    expect(drawn).toContain("    c0_off --> c0_on: press, after 10s\n");
    expect(drawn.match(/\(now\)/g)).toHaveLength(2);
  });

  test("as text tells of each container", () => {
    const text = inspectionText(pod);

    expect(text).toMatch(/^pod default\/web on node-1: on\n {2}waits for {2}somebody/);
    expect(text).toContain("\n\ninit container a (nginx): on\n  waits for  somebody to press it\n");
  });
});
