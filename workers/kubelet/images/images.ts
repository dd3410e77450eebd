import type { ImageBehaviour, ProcessPlan } from "./process-plan.ts";
import { planShellCommand } from "./shell.ts";

const quickStop = { afterUs: 120_000, code: 0 };
const forEver: ProcessPlan = { listensOn: [], stop: quickStop };

/** Listens on 80 and answers; `nginx -s quit` is what stops it, so it goes quickly. */
const nginx: ImageBehaviour = {
  sizeBytes: 59_795_293,
  defaultCommand: ["nginx", "-g", "daemon off;"],
  plan: (command) =>
    command[0] === "nginx" ? { listensOn: [80], stop: quickStop } : planShellCommand(command),
};

const busybox: ImageBehaviour = {
  sizeBytes: 2_223_686,
  defaultCommand: ["sh"],
  plan: planShellCommand,
};

const alpine: ImageBehaviour = { ...busybox, sizeBytes: 3_862_201, defaultCommand: ["/bin/sh"] };

const pause: ImageBehaviour = {
  sizeBytes: 320_448,
  defaultCommand: ["/pause"],
  plan: () => ({ listensOn: [], stop: { afterUs: 20_000, code: 0 } }),
};

/** An image nobody described: it is pulled, runs for ever, and stops when asked. */
const unknown: ImageBehaviour = {
  sizeBytes: 48_000_000,
  defaultCommand: [],
  plan: (command) => {
    if (command.length === 0) return forEver;
    const plan = planShellCommand(command);
    return plan.startError === undefined ? plan : forEver;
  },
};

const known: Readonly<Record<string, ImageBehaviour>> = { nginx, busybox, alpine, pause };

/** The behaviour of an image, by the last part of its name: `registry.k8s.io/pause:3.10` is `pause`. */
export function imageBehaviour(image: string): ImageBehaviour {
  const [name = ""] = image.slice(image.lastIndexOf("/") + 1).split(/[:@]/);
  return Object.hasOwn(known, name) ? (known[name] as ImageBehaviour) : unknown;
}
