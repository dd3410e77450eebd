import type { KubectlCommand } from "./command.ts";
import { get } from "./commands/get.ts";

/** In the order of the help: what one does first comes first. */
export const commands: readonly KubectlCommand[] = [get];
