import type { EventCode, KubeletContainer } from "../../src/data-plane/protocol.ts";
import { imageOf } from "./images/images.ts";

/** What is to be done about a container's image before the container can be created. */
export type ImageVerdict =
  | { readonly kind: "present" }
  | { readonly kind: "pull" }
  | {
      readonly kind: "refused";
      /** As the container waits: `InvalidImageName`. */
      readonly reason: string;
      readonly event: EventCode;
      readonly message: string;
    };

/** @see kubernetes `pkg/kubelet/images/image_manager.go`: `EnsureImageExists` */
export function imageVerdict(
  { image, imagePullPolicy }: KubeletContainer,
  isPresent: boolean,
): ImageVerdict {
  if (imageOf(image).reference === undefined) {
    return {
      kind: "refused",
      reason: "InvalidImageName",
      event: "inspectFailed",
      message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    };
  }
  if (imagePullPolicy === "Never" && !isPresent) {
    return {
      kind: "refused",
      reason: "ErrImageNeverPull",
      event: "neverPull",
      message: `Container image "${image}" is not present with pull policy of Never`,
    };
  }
  return isPresent && imagePullPolicy !== "Always" ? present : pull;
}

const present: ImageVerdict = { kind: "present" };
const pull: ImageVerdict = { kind: "pull" };
