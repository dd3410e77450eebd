import { defineCommand } from "../command.ts";
import { editMetadata, metadataFlags, type MetadataKind } from "../edit-metadata.ts";
import { KubectlError } from "../kubectl-error.ts";

/** @see kubectl `cmd/annotate/annotate.go` */
export const annotate = defineCommand({
  name: "annotate",
  summary: "set and remove annotations: KEY=VALUE, KEY-",
  usage: "(-f FILENAME | TYPE NAME... | TYPE/NAME...) KEY=VALUE... KEY-... [flags]",
  flags: metadataFlags,
  run: (context, args) => editMetadata(context, args, annotations),
});

const annotations: MetadataKind = {
  field: "annotations",
  noun: "annotation",
  fieldManager: "kubectl-annotate",
  checkPair: () => {},

  contradiction: (key) =>
    new KubectlError(
      `can not both modify and remove the following annotation(s) in the same command: ${key}`,
    ),

  refuseOverwriting(taken) {
    const present = taken.map(([key, value]) => `'${key}' already has a value (${value})`);
    throw new KubectlError(
      `--overwrite is false but found the following declared annotation(s): ${present.join("; ")}`,
    );
  },

  operation: () => "annotated",
};
