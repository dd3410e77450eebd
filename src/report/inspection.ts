import type { MachineView } from "../kernel/machine-view.ts";

/** Whose view it is, and of when. */
interface Viewpoint {
  readonly actor: string;
  readonly thread: string;
  readonly now: string;
  readonly nowUs: number;
}

/** A node as a cluster's admin API shows it. */
export interface InspectedNode extends Viewpoint {
  readonly kind: "node";
  readonly name: string;
  readonly node: MachineView;
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly state: string;
    readonly containers: readonly { readonly name: string; readonly state: string }[];
  }[];
}

/** A pod as a cluster's admin API shows it. */
export interface InspectedPod extends Viewpoint {
  readonly kind: "pod";
  readonly nodeName: string;
  readonly identity: { readonly namespace: string; readonly name: string };
  readonly pod: MachineView;
  readonly containers: readonly InspectedContainer[];
}

interface InspectedContainer {
  readonly name: string;
  readonly image: string;
  readonly isInit: boolean;
  readonly container: MachineView;
}
