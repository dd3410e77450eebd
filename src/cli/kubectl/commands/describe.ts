import { isApiError } from "../../../api/errors.ts";
import type { Event, KubeObject, Lease, Node, Pod } from "../../../api/objects.ts";
import type { ApiClient } from "../api-client.ts";
import { type CommandContext, defineCommand, sharedFlags } from "../command.ts";
import { describeNode } from "../describe/describe-node.ts";
import { describePod } from "../describe/describe-pod.ts";
import { failAll, KubectlError } from "../kubectl-error.ts";
import { listObjects } from "../objects.ts";
import { resolveTargets, type Target } from "../resource-args.ts";
import { type SelectedObject, selectObjects } from "../select-objects.ts";

/** @see kubectl `cmd/describe/describe.go` */
export const describe = defineCommand({
  name: "describe",
  summary: "show a pod or a node in detail, and its events",
  usage: "(pod|node) [NAME...] [flags]",
  flags: {
    selector: sharedFlags.selector,
    "all-namespaces": sharedFlags["all-namespaces"],
  },

  async run(context, { flags, positional }) {
    const { discovery, io } = context;
    if (positional.length === 0) {
      throw new KubectlError(
        'You must specify the type of resource to describe. Use "podrace kubectl api-resources" for a complete list of supported resources.',
      );
    }
    const { targets } = await resolveTargets(discovery, positional);
    for (const { resource } of targets) describerFor(resource.kind);

    const errors: unknown[] = [];
    let isFirst = true;
    for (const target of targets) {
      try {
        const { objects, isExact } = await described(context, target, flags);
        for (const each of objects) {
          const text = await describerFor(each.resource.kind)(context, each);
          if (!isExact) io.out(`${text}\n`);
          else io.out(isFirst ? text : `\n\n${text}`);
          isFirst = false;
        }
      } catch (error) {
        if (!isApiError(error)) throw error;
        errors.push(error);
      }
    }
    if (isFirst && errors.length === 0) {
      const { "all-namespaces": allNamespaces } = flags;
      const isInNamespace = !allNamespaces && targets.every(({ resource }) => resource.namespaced);
      io.err(`No resources found${isInNamespace ? ` in ${context.namespace} namespace.` : ""}\n`);
    }
    failAll(errors);
    return 0;
  },
});

type Describer = (context: CommandContext, selected: SelectedObject) => Promise<string>;

function describerFor(kind: string): Describer {
  if (kind === "Pod") return podText;
  if (kind === "Node") return nodeText;
  throw new KubectlError(
    `podrace kubectl describes pods and nodes only; try "get ${kind.toLowerCase()} -o yaml", or the real kubectl`,
  );
}

interface DescribeFlags {
  readonly selector: string | undefined;
  readonly "all-namespaces": boolean;
}

interface Described {
  readonly objects: readonly SelectedObject[];
  readonly isExact: boolean;
}

/** A name that is none may be the beginning of several. */
async function described(
  context: CommandContext,
  { name, resource }: Target,
  { selector, "all-namespaces": allNamespaces }: DescribeFlags,
): Promise<Described> {
  const select = async (
    args: readonly string[],
    all: boolean,
  ): Promise<readonly SelectedObject[]> => {
    const { objects, errors } = await selectObjects(context, {
      args: [`${resource.plural}.${resource.version}.${resource.group}`, ...args],
      files: [],
      labelSelector: all ? selector : undefined,
      fieldSelector: undefined,
      all: all && selector === undefined,
      allNamespaces,
    });
    failAll(errors);
    return objects;
  };
  if (name === undefined) return { objects: await select([], true), isExact: true };
  try {
    return { objects: await select([name], false), isExact: true };
  } catch (error) {
    if (!isApiError(error, "NotFound")) throw error;
    const alike = (await select([], true)).filter((each) => each.name.startsWith(name));
    if (alike.length === 0) throw error;
    return { objects: alike, isExact: false };
  }
}

const podText: Describer = async ({ client, discovery, io }, { name, namespace, object }) => {
  const pod = object as unknown as Pod;
  const events = await discovery.find("events");
  const found = await listObjects(client, events, {
    namespace,
    fieldSelector: `involvedObject.name=${name},involvedObject.namespace=${namespace},involvedObject.uid=${pod.metadata.uid}`,
  });
  return describePod(pod, found as unknown as readonly Event[], io.nowUs());
};

const nodeText: Describer = async ({ client, discovery, io }, { name, object }) => {
  const node = object as unknown as Node;
  const [pods, events] = [await discovery.find("pods"), await discovery.find("events")];
  const eventsOf = async (uid: string): Promise<readonly Event[]> =>
    (await listObjects(client, events, {
      namespace: undefined,
      fieldSelector: `involvedObject.kind=Node,involvedObject.name=${name},involvedObject.namespace=,involvedObject.uid=${uid}`,
    })) as unknown as readonly Event[];
  const running = await listObjects(client, pods, {
    namespace: undefined,
    fieldSelector: `spec.nodeName=${name},status.phase!=Failed,status.phase!=Succeeded`,
  });
  return describeNode(
    node,
    {
      pods: running as unknown as readonly Pod[],
      lease: await leaseOf(client, name),
      // Controllers know a node by its uid, kubelets by its name.
      events: [...(await eventsOf(node.metadata.uid ?? "")), ...(await eventsOf(name))],
    },
    io.nowUs(),
  );
};

async function leaseOf(client: ApiClient, node: string): Promise<Lease | Error> {
  try {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`;
    return (await client.json<KubeObject>({ path })) as unknown as Lease;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error;
  }
}
