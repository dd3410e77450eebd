import { defineCommand, sharedFlags } from "../command.ts";
import { type ApiResource, apiVersionOf, preferred, qualifiedName } from "../discovery.ts";
import { KubectlError } from "../kubectl-error.ts";
import { tableWriter } from "../tab-writer.ts";

/** @see kubectl `cmd/apiresources/apiresources.go` */
export const apiResources = defineCommand({
  name: "api-resources",
  summary: "list the types of object that the server has",
  usage: "[flags]",
  flags: {
    namespaced: { type: "bool", help: "only what is in namespaces; =false: only what is not" },
    "api-group": { type: "string", help: "only this group" },
    output: { ...sharedFlags.output, help: "wide or name" },
    "no-headers": { type: "bool", help: "without the line of column names" },
  },

  async run({ discovery, io }, { flags, given }) {
    const { "api-group": group, namespaced, output } = flags;
    if (output !== undefined && output !== "wide" && output !== "name") {
      throw new KubectlError(
        `unable to match a printer suitable for the output format "${output}", allowed formats are: name,wide`,
      );
    }
    const resources = preferred(await discovery.resources())
      .filter(({ verbs }) => verbs.length > 0)
      .filter((each) => group === undefined || each.group === group)
      .filter((each) => !given.has("namespaced") || each.namespaced === namespaced)
      .toSorted(byGroupAndName);
    if (output === "name") {
      io.out(resources.map((each) => `${qualifiedName(each)}\n`).join(""));
      return 0;
    }
    const isWide = output === "wide";
    const lines = resources.map((each) => cells(each, isWide).join("\t"));
    if (!flags["no-headers"]) lines.unshift(headers(isWide).join("\t"));
    io.out(lines.length === 0 ? "" : tableWriter().align(`${lines.join("\n")}\n`));
    return 0;
  },
});

function byGroupAndName(a: ApiResource, b: ApiResource): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  return a.plural < b.plural ? -1 : 1;
}

function headers(isWide: boolean): readonly string[] {
  const narrow = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
  return isWide ? [...narrow, "VERBS", "CATEGORIES"] : narrow;
}

function cells(resource: ApiResource, isWide: boolean): readonly string[] {
  const { categories, kind, namespaced, plural, shortNames, verbs } = resource;
  const narrow = [plural, shortNames.join(","), apiVersionOf(resource), String(namespaced), kind];
  return isWide ? [...narrow, verbs.join(","), categories.join(",")] : narrow;
}
