import type { GroupResource } from "../../../api/errors.ts";
import { eventPrinter } from "./events.ts";
import { nodePrinter } from "./nodes.ts";
import { podPrinter } from "./pods.ts";
import { servicePrinter } from "./services.ts";
import {
  configMapPrinter,
  defaultPrinter,
  leasePrinter,
  namespacePrinter,
  secretPrinter,
  serviceAccountPrinter,
} from "./small-kinds.ts";
import type { Printer } from "./table.ts";

/** How a resource is shown; every resource is shown somehow. */
export function printerFor({ group, resource }: GroupResource): Printer {
  return printers.get(`${group}/${resource}`) ?? defaultPrinter;
}

const printers: ReadonlyMap<string, Printer> = new Map([
  ["/configmaps", configMapPrinter],
  ["/events", eventPrinter],
  ["/namespaces", namespacePrinter],
  ["/nodes", nodePrinter],
  ["/pods", podPrinter],
  ["/secrets", secretPrinter],
  ["/serviceaccounts", serviceAccountPrinter],
  ["/services", servicePrinter],
  ["coordination.k8s.io/leases", leasePrinter],
  ["events.k8s.io/events", eventPrinter],
]);
