/**
 * Preloaded into a podrace under test: its store leaves out one deletion of a pod, for all watches but
 * those of everything. JavaScript, for it runs as it is.
 */
import { Watcher } from "../../dist/src/control-plane/store/watchers.js";

const honest = Watcher.prototype.tell;
Watcher.prototype.tell = function (changes) {
  const isOfAll = this.request.prefix === "";
  const isOfPod = ({ type, key }) => type === "delete" && key.startsWith("/registry/pods/");
  if (isOfAll || !changes.some(isOfPod)) honest.call(this, changes);
};
