import type { KubectlCommand } from "./command.ts";
import { annotate } from "./commands/annotate.ts";
import { apiResources } from "./commands/api-resources.ts";
import { apply } from "./commands/apply.ts";
import { clusterInfo } from "./commands/cluster-info.ts";
import { create } from "./commands/create.ts";
import { deleteCommand } from "./commands/delete.ts";
import { describe } from "./commands/describe.ts";
import { get } from "./commands/get.ts";
import { label } from "./commands/label.ts";
import { replace } from "./commands/replace.ts";
import { run } from "./commands/run.ts";
import { version } from "./commands/version.ts";

/** In the order of the help: what one does first comes first. */
export const commands: readonly KubectlCommand[] = [
  run,
  get,
  describe,
  deleteCommand,
  apply,
  create,
  replace,
  label,
  annotate,
  clusterInfo,
  apiResources,
  version,
];
