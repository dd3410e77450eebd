import type { ApiResource, Discovery } from "./discovery.ts";
import { KubectlError } from "./kubectl-error.ts";

/** What the arguments of a command mean: all objects of a type, or one by its name. */
export interface Target {
  readonly resource: ApiResource;
  readonly name: string | undefined;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** Whether one object was asked for, and not a list that may have one. */
  readonly isSingle: boolean;
}

/**
 * Reads `TYPE[,TYPE…] [NAME…]` or `TYPE/NAME…`; a type may be a category such as `all`.
 *
 * @throws {KubectlError} With kubectl's texts.
 * @see cli-runtime `resource/builder.go`: ResourceTypeOrNameArgs
 */
export async function resolveTargets(
  discovery: Discovery,
  args: readonly string[],
): Promise<Targets> {
  if (args.some((arg) => arg.includes("/"))) return byTypeAndName(discovery, args);
  const [types = "", ...names] = args;
  if (names.includes("")) throw new KubectlError("resource name may not be empty");
  const resources = await resolveTypes(discovery, types, names.length > 0);
  if (names.length === 0) {
    return {
      targets: resources.map((resource) => ({ resource, name: undefined })),
      isSingle: false,
    };
  }
  const targets = resources.flatMap((resource) => names.map((name) => ({ resource, name })));
  return { targets, isSingle: targets.length === 1 };
}

async function byTypeAndName(discovery: Discovery, args: readonly string[]): Promise<Targets> {
  const targets: Target[] = [];
  for (const arg of args) {
    const [type = "", name = "", ...more] = arg.split("/");
    if (!arg.includes("/")) {
      throw new KubectlError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    if (more.length > 0) {
      throw new KubectlError("arguments in resource/name form may not have more than one slash");
    }
    if (type === "" || name === "") {
      throw new KubectlError(
        "arguments in resource/name form must have a single resource and name",
      );
    }
    targets.push({ resource: await discovery.find(type), name });
  }
  return { targets, isSingle: targets.length === 1 };
}

/** A category stands for all objects of several types, so no name can go with it. */
async function resolveTypes(
  discovery: Discovery,
  types: string,
  isNamed: boolean,
): Promise<readonly ApiResource[]> {
  const resources: ApiResource[] = [];
  for (const type of types.split(",")) {
    const category = await discovery.inCategory(type);
    if (category.length > 0 && isNamed)
      throw new KubectlError("you must specify only one resource");
    resources.push(...(category.length > 0 ? category : [await discovery.find(type)]));
  }
  return [...new Set(resources)];
}
