import type { DryRun } from "./dry-run.ts";
import { nameOf, objectPrinter, type PrintableObject } from "./object-printer.ts";

/**
 * What a command says about an object it has changed: `pod/web created`, or with `-o` the object.
 *
 * @see cli-runtime `genericclioptions/print_flags.go`, `printers/name.go`
 */
export function resultPrinter(
  output: string | undefined,
  dryRun: DryRun,
): (object: PrintableObject, operation: string) => string {
  if (output !== undefined) return objectPrinter(output);
  return (object, operation) => `${nameOf(object)} ${operation}${dryRun.suffix}\n`;
}
