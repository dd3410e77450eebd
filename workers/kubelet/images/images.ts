import { type ImageReference, parseImageReference } from "../../../src/api/image-reference.ts";
import type { ImageBehaviour, ProcessPlan } from "./process-plan.ts";
import { planShellCommand } from "./shell.ts";

const quickStop = { afterUs: 120_000, code: 0 };
const forEver: ProcessPlan = { listensOn: [], stop: quickStop };

const servesHttp: ProcessPlan = { listensOn: [80], stop: quickStop };

/** Listens on 80 and answers; `nginx -s quit` is what stops it, so it goes quickly. */
const nginx: ImageBehaviour = {
  sizeBytes: 59_795_293,
  defaultCommand: ["nginx", "-g", "daemon off;"],
  plan: (command) => (command[0] === "nginx" ? servesHttp : planShellCommand(command)),
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

/** What a kubelet and its runtime know of an image by its name alone. */
export interface Image {
  /** Absent for what is no image name. */
  readonly reference: ImageReference | undefined;
  /** In full, or as it is written when it is no image name. */
  readonly name: string;
  readonly behaviour: ImageBehaviour;
}

/** An image by its name. Pods of one template ask again and again, so answers are remembered. */
export function imageOf(written: string): Image {
  const known = images.get(written);
  if (known !== undefined) return known;
  if (images.size >= imagesMax) images.clear();
  const reference = parseImageReference(written);
  const name = reference?.full ?? written;
  const image = { reference, name, behaviour: imageBehaviour(written) };
  images.set(written, image);
  return image;
}

const imagesMax = 4_096;
const images = new Map<string, Image>();
