import type { ConfigMap, KubeObject, Lease, Namespace, Secret } from "../../../api/objects.ts";
import { ageColumn, column, nameColumn, type Printer, since } from "./table.ts";

export const namespacePrinter: Printer = {
  columns: [nameColumn, column("Status", "Whether the namespace is in use or going."), ageColumn],
  row(object, nowUs) {
    const { status } = object as unknown as Namespace;
    return { cells: [nameOf(object), status?.phase ?? "", ageOf(object, nowUs)] };
  },
};

export const configMapPrinter: Printer = {
  columns: [nameColumn, column("Data", "How many keys it has."), ageColumn],
  row(object, nowUs) {
    const { data, binaryData } = object as unknown as ConfigMap;
    const keys = Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
    return { cells: [nameOf(object), keys, ageOf(object, nowUs)] };
  },
};

export const secretPrinter: Printer = {
  columns: [
    nameColumn,
    column("Type", "What sort of secret it holds."),
    column("Data", "How many keys it has."),
    ageColumn,
  ],
  row(object, nowUs) {
    const { type = "", data } = object as unknown as Secret;
    const keys = Object.keys(data ?? {}).length;
    return { cells: [nameOf(object), type, keys, ageOf(object, nowUs)] };
  },
};

export const serviceAccountPrinter: Printer = {
  columns: [nameColumn, ageColumn],
  row: (object, nowUs) => ({ cells: [nameOf(object), ageOf(object, nowUs)] }),
};

export const leasePrinter: Printer = {
  columns: [nameColumn, column("Holder", "Who holds the lease."), ageColumn],
  row(object, nowUs) {
    const { spec } = object as unknown as Lease;
    return { cells: [nameOf(object), spec?.holderIdentity ?? "", ageOf(object, nowUs)] };
  },
};

/** For kinds that nobody made columns for. */
export const defaultPrinter: Printer = {
  columns: [nameColumn, column("Created At", "When the object was created.", { type: "date" })],
  row: (object) => ({ cells: [nameOf(object), object.metadata.creationTimestamp ?? null] }),
};

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}

function ageOf({ metadata }: KubeObject, nowUs: number): string {
  return since(metadata.creationTimestamp, nowUs);
}
