import { type FilterPlugin, fits, refuses } from "../framework.ts";

/**
 * A pod that names its node goes there or nowhere.
 *
 * @see kubernetes `pkg/scheduler/framework/plugins/nodename/node_name.go`
 */
export const nodeName: FilterPlugin = {
  name: "NodeName",

  filter({ spec }, { name }) {
    const wanted = spec.nodeName;
    return !wanted || wanted === name
      ? fits
      : refuses("node(s) didn't match the requested node name");
  },
};
