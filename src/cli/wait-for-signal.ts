import { exitCode } from "./cli-error.ts";

/** The first SIGINT or SIGTERM; a second one ends the process at once, as users expect. */
export function waitForSignal(): {
  readonly asked: Promise<void>;
  signal: NodeJS.Signals | undefined;
} {
  let resolve: () => void = () => {};
  const waiting = {
    asked: new Promise<void>((settle) => void (resolve = settle)),
    signal: undefined as NodeJS.Signals | undefined,
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (waiting.signal !== undefined) process.exit(exitCode.interrupted);
      waiting.signal = signal;
      resolve();
    });
  }
  return waiting;
}
