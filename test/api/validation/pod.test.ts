import { describe, expect, test } from "vitest";
import { defaultPod } from "../../../src/api/defaults/pod.ts";
import type { StatusCause } from "../../../src/api/errors.ts";
import type { Pod } from "../../../src/api/objects.ts";
import {
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "../../../src/api/validation/object-meta.ts";
import { validateNewPod, validatePod, validatePodUpdate } from "../../../src/api/validation/pod.ts";
import { vectors } from "../vectors.ts";

interface NewPod {
  readonly case: string;
  readonly object: Pod;
  readonly causes: readonly StatusCause[];
}

interface ChangedPod extends NewPod {
  readonly old: Pod;
}

describe("a new pod", () => {
  test.each(vectors<NewPod>("pod-validation"))("is judged as upstream does: $case", (vector) => {
    expect(problemsOfNew(defaultPod(vector.object))).toEqual(vector.causes);
  });

  test("may not carry more annotations than fit", () => {
    const annotations = { a: "x".repeat(256 * 1024) };
    const metadata = { name: "p", namespace: "default", annotations };

    expect(validateObjectMeta(metadata, true, "subdomain")).toEqual([
      {
        reason: "FieldValueTooLong",
        message: "Too long: may not be more than 262144 bytes",
        field: "metadata.annotations",
      },
    ]);
  });
});

describe("a changed pod", () => {
  test.each(vectors<ChangedPod>("pod-update-validation"))(
    "is judged as upstream does: $case",
    ({ object, old, causes }) => {
      const problems = problemsOfChange(defaultPod(object), defaultPod(old));

      expect(problems.map(withoutDiff)).toEqual(causes);
    },
  );

  test("is told what else has changed", () => {
    const old = defaultPod(aPod("nginx"));
    const [problem] = validatePodUpdate({ ...old, spec: { ...old.spec, nodeName: "n2" } }, old);

    expect(problem?.field).toBe("spec");
    expect(problem?.message).toContain('\n+ "nodeName": "n2"');
  });
});

function problemsOfNew(pod: Pod): StatusCause[] {
  return [
    ...validateObjectMeta(pod.metadata, true, "subdomain"),
    ...validatePod(pod),
    ...validateNewPod(pod),
  ];
}

/** Upstream says some things twice on updates; once is enough for us. */
function problemsOfChange(pod: Pod, old: Pod): StatusCause[] {
  const problems = [
    ...validateObjectMetaUpdate(pod.metadata, old.metadata),
    ...validateObjectMeta(pod.metadata, true, "subdomain"),
    ...validatePod(pod),
    ...validatePodUpdate(pod, old),
  ];
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function withoutDiff(cause: StatusCause): StatusCause {
  return { ...cause, message: cause.message.replace(/\n@@[^]*/, "\n") };
}

function aPod(image: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { containers: [{ name: "c", image }] },
  };
}
