import { isApiError } from "../../api/errors.ts";
import type { CommandContext } from "./command.ts";
import type { DryRun } from "./dry-run.ts";
import { type ApiResource, qualifiedKind, qualifiedName, resourcePath } from "./discovery.ts";
import { failAll, KubectlError, whileDoing } from "./kubectl-error.ts";
import type { PrintableObject } from "./object-printer.ts";

/** An object to delete. */
export interface Doomed {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
  /** The manifest it is from. */
  readonly source?: string;
}

export interface DeleteOptions {
  /** Undefined leaves it to the object; 0 is an immediate deletion. */
  readonly gracePeriodSeconds: number | undefined;
  readonly ignoreNotFound: boolean;
  readonly propagationPolicy?: string;
  readonly dryRun?: DryRun;
  /** Whether to print names only. */
  readonly namesOnly?: boolean;
  readonly waits?: boolean;
  /** How long to wait for objects to be gone; for ever when 0. */
  readonly timeoutMs?: number;
}

/**
 * Deletes objects one by one, and then waits until the server has none of them any more, or has new
 * ones by their names.
 *
 * @returns How many there were to delete.
 * @see kubectl `cmd/delete/delete.go`: DeleteResult
 */
export async function deleteAndWait(
  context: CommandContext,
  doomed: readonly Doomed[],
  options: DeleteOptions,
): Promise<number> {
  const { dryRun, ignoreNotFound } = options;
  const errors: unknown[] = [];
  const deleted: (Doomed & { readonly uid: string })[] = [];
  for (const each of doomed) {
    try {
      const uid = dryRun?.strategy === "client" ? "" : await deleteOne(context, each, options);
      deleted.push({ ...each, uid });
      context.io.out(deletedText(each, options));
    } catch (error) {
      if (ignoreNotFound && isApiError(error, "NotFound")) continue;
      errors.push(each.source === undefined ? error : whileDoing("deleting", each.source, error));
    }
  }
  failAll(errors);
  const isReal = dryRun === undefined || dryRun.strategy === "none";
  if (isReal && options.waits !== false) {
    for (const each of deleted) await waitUntilGone(context, each, options.timeoutMs ?? 0);
  }
  return deleted.length;
}

async function deleteOne(
  { client }: CommandContext,
  { name, namespace, resource }: Doomed,
  { dryRun, gracePeriodSeconds, propagationPolicy = "Background" }: DeleteOptions,
): Promise<string> {
  const answer = await client.json<DeleteAnswer>({
    method: "DELETE",
    path: resourcePath(resource, { namespace, name }),
    body: {
      ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
      propagationPolicy,
      ...(dryRun?.strategy === "server" && { dryRun: ["All"] }),
    },
  });
  return answer.metadata?.uid ?? answer.details?.uid ?? "";
}

/** The object, or a Status that tells of it. */
interface DeleteAnswer {
  readonly metadata?: { readonly uid?: string };
  readonly details?: { readonly uid?: string };
}

function deletedText({ name, namespace, resource }: Doomed, options: DeleteOptions): string {
  const kind = qualifiedKind(resource);
  if (options.namesOnly) return `${kind}/${name}\n`;
  const operation = options.gracePeriodSeconds === 0 ? "force deleted" : "deleted";
  const where = resource.namespaced ? ` from ${namespace} namespace` : "";
  return `${kind} "${name}" ${operation}${where}${options.dryRun?.suffix ?? ""}\n`;
}

/** @see kubectl `cmd/wait/delete.go`: IsDeleted */
async function waitUntilGone(
  { client }: CommandContext,
  { name, namespace, resource, uid }: Doomed & { readonly uid: string },
  timeoutMs: number,
): Promise<void> {
  const isOther = (object: PrintableObject): boolean =>
    uid !== "" && object.metadata?.["uid"] !== uid;
  const path = resourcePath(resource, { namespace });
  const fieldSelector = `metadata.name=${name}`;
  const deadline = timeoutMs === 0 ? undefined : Date.now() + timeoutMs;

  for (;;) {
    const list = await client.json<{
      readonly metadata?: { readonly resourceVersion?: string };
      readonly items: readonly PrintableObject[];
    }>({ path, query: { fieldSelector } });
    if (list.items.every(isOther)) return;
    const leftMs = deadline === undefined ? undefined : deadline - Date.now();
    const timeoutSeconds = leftMs === undefined ? undefined : Math.max(Math.ceil(leftMs / 1000), 1);
    if (leftMs !== undefined && leftMs <= 0) {
      throw new KubectlError(
        `timed out waiting for the condition on ${qualifiedName(resource)}/${name}`,
      );
    }
    const query = {
      fieldSelector,
      resourceVersion: list.metadata?.resourceVersion,
      ...(timeoutSeconds !== undefined && { timeoutSeconds: String(timeoutSeconds) }),
    };
    for await (const { object, type } of client.watch({ path, query })) {
      if (type === "DELETED" || isOther(object as PrintableObject)) return;
      if (type === "ERROR") break;
    }
  }
}
