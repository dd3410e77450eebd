/** Files of the log are named after their first frame, snapshots after their revision. */
export const logPrefix = "log-";
export const snapshotPrefix = "snapshot-";
/** A snapshot that is being written. */
export const partialName = "partial-snapshot";

export function logName(sequence: number): string {
  return `${logPrefix}${String(sequence).padStart(16, "0")}`;
}

export function snapshotName(revision: number): string {
  return `${snapshotPrefix}${String(revision).padStart(16, "0")}`;
}
