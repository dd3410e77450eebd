import { labelValue } from "../../../api/names.ts";
import { defineCommand } from "../command.ts";
import { editMetadata, metadataFlags, type MetadataKind } from "../edit-metadata.ts";
import { KubectlError } from "../kubectl-error.ts";

/** @see kubectl `cmd/label/label.go` */
export const label = defineCommand({
  name: "label",
  summary: "set and remove labels: KEY=VALUE, KEY-",
  usage: "(-f FILENAME | TYPE NAME... | TYPE/NAME...) KEY=VALUE... KEY-... [flags]",
  flags: metadataFlags,
  run: (context, args) => editMetadata(context, args, labels),
});

const labels: MetadataKind = {
  field: "labels",
  noun: "label",
  fieldManager: "kubectl-label",

  checkPair(pair, value) {
    const problems = labelValue(value);
    if (problems.length > 0) {
      throw new KubectlError(`invalid label value: "${pair}": ${problems.join(";")}`);
    }
  },

  contradiction: () =>
    new KubectlError("can not both modify and remove a label in the same command"),

  refuseOverwriting(taken) {
    const problems = taken.map(
      ([key, value]) => `'${key}' already has a value (${value}), and --overwrite is false`,
    );
    throw new KubectlError(problems.length === 1 ? problems.join() : `[${problems.join(", ")}]`);
  },

  operation(before, after, overwrite) {
    const [old, now] = [JSON.stringify(before), JSON.stringify(after)];
    if (old === now) return "not labeled";
    return !overwrite && now.length < old.length ? "unlabeled" : "labeled";
  },
};
