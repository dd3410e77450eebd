import { isApiError } from "../../api/errors.ts";
import type { CommandContext } from "./command.ts";
import type { ApiResource } from "./discovery.ts";
import { KubectlError } from "./kubectl-error.ts";
import { type ManifestObject, readManifests } from "./manifests.ts";
import type { PrintableObject } from "./object-printer.ts";
import { getObject, listObjects } from "./objects.ts";
import { resolveTargets } from "./resource-args.ts";

/** An object that a command is to act on. */
export interface SelectedObject {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: PrintableObject;
}

export interface Selection {
  /** `TYPE NAME…`, `TYPE/NAME…`, or a type alone with one of the following. */
  readonly args: readonly string[];
  readonly files: readonly string[];
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly all: boolean;
  readonly allNamespaces: boolean;
}

/**
 * The objects as they are now. Those that cannot be had are among the errors.
 *
 * @throws {KubectlError} If nothing says which objects.
 */
export async function selectObjects(
  context: CommandContext,
  selection: Selection,
): Promise<{ readonly objects: readonly SelectedObject[]; readonly errors: readonly unknown[] }> {
  const { client, namespace } = context;
  if (selection.all && selection.labelSelector !== undefined) {
    throw new KubectlError("setting 'all' parameter but found a non empty selector. ");
  }
  const { objects: inFiles, errors: unread } = await readManifests(context, selection.files);
  const found = [...inFiles.map(asTarget), ...(await named(context, selection))];
  const errors = [...unread];
  const objects: SelectedObject[] = [];
  for (const { resource, name, namespace: where } of found) {
    try {
      if (name !== undefined) {
        const object = await getObject(client, resource, { namespace: where, name });
        objects.push({ resource, namespace: where, name, object });
        continue;
      }
      const list = await listObjects(client, resource, {
        namespace: selection.allNamespaces ? undefined : namespace,
        labelSelector: selection.labelSelector,
        fieldSelector: selection.fieldSelector,
      });
      objects.push(...list.map((object) => selected(resource, object)));
    } catch (error) {
      if (!isApiError(error)) throw error;
      errors.push(error);
    }
  }
  return { objects, errors };
}

interface Found {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string | undefined;
}

function asTarget({ resource, namespace, name }: ManifestObject): Found {
  return { resource, namespace, name };
}

async function named(context: CommandContext, selection: Selection): Promise<readonly Found[]> {
  if (selection.args.length === 0) return [];
  const { namespace } = context;
  const { targets } = await resolveTargets(context.discovery, selection.args);
  const isNamed = targets.some(({ name }) => name !== undefined);
  const isSelected =
    selection.labelSelector !== undefined || selection.fieldSelector !== undefined || selection.all;
  if (!isNamed && !isSelected) {
    throw new KubectlError("resource(s) were provided, but no name was specified");
  }
  if (isNamed && isSelected) {
    throw new KubectlError("name cannot be provided when a selector is specified");
  }
  return targets.map(({ name, resource }) => ({ name, resource, namespace }));
}

function selected(resource: ApiResource, object: PrintableObject): SelectedObject {
  const { name = "", namespace = "" } = object.metadata ?? {};
  return { resource, object, name, namespace: String(namespace) };
}
