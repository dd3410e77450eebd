import { refuseWhileHandling } from "./handling.ts";

/** What simulated code may not ask of the machine, in words, by what it would let in. */
const refusals = {
  time: (name: string) =>
    `asked the machine for the time (${name}): simulated code asks the kernel's clock`,
  timer: (name: string) =>
    `asked the machine for a timer (${name}): simulated code puts it on the kernel's timeline`,
  chance: (name: string) =>
    `asked the machine for chance (${name}): simulated code draws from the kernel's keyed randomness`,
  collection: (name: string) =>
    `asked for garbage (${name}): when it is collected differs from run to run`,
};

let isInstalled = false;

/**
 * From now on, on this thread and for good: while simulated code runs, the machine's time, timers,
 * chance and garbage throw, with the name of the actor that asked. Everything else is answered as
 * ever.
 *
 * Static rules stop our own code from asking; this stops what it calls.
 */
export function guardAmbientSources(): void {
  if (isInstalled) return;
  isInstalled = true;
  const { time, timer, chance, collection } = refusals;
  guardMethod(process.hrtime, "bigint", time("process.hrtime.bigint"));
  guardMethod(process, "hrtime", time("process.hrtime"));
  guardMethod(Object.getPrototypeOf(performance) as object, "now", time("performance.now"));
  guardMethod(Date, "now", time("Date.now"));
  guardClass("Date", time("Date"), (args) => args.length === 0);
  for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]) {
    guardMethod(globalThis, name, timer(name));
  }
  guardMethod(Math, "random", chance("Math.random"));
  for (const name of ["randomUUID", "getRandomValues"]) {
    guardMethod(Object.getPrototypeOf(crypto) as object, name, chance(`crypto.${name}`));
  }
  guardMethod(WeakRef.prototype, "deref", collection("WeakRef.deref"));
  guardClass("WeakRef", collection("WeakRef"));
  guardClass("FinalizationRegistry", collection("FinalizationRegistry"));
}

function guardMethod(owner: object, name: string, refusal: string): void {
  replace(owner, name, {
    apply(method, receiver, args) {
      refuseWhileHandling(refusal);
      return Reflect.apply(method, receiver, args);
    },
  });
}

/** @param isAmbient Which calls of the constructor ask the machine; a date may be made of a number. */
function guardClass(
  name: "Date" | "WeakRef" | "FinalizationRegistry",
  refusal: string,
  isAmbient: (args: readonly unknown[]) => boolean = () => true,
): void {
  const { prototype } = globalThis[name];
  const guarded = replace(globalThis, name, {
    apply(constructor, receiver, args) {
      refuseWhileHandling(refusal);
      return Reflect.apply(constructor, receiver, args);
    },
    construct(constructor, args: readonly unknown[], target) {
      if (isAmbient(args)) refuseWhileHandling(refusal);
      return Reflect.construct(constructor, args, target) as object;
    },
  });
  Object.defineProperty(prototype, "constructor", { value: guarded });
}

type Callable = (...args: readonly unknown[]) => unknown;

/** Puts a stand-in in the place of a function, which is it in all else. */
function replace(owner: object, name: string, handler: ProxyHandler<Callable>): Callable {
  const guarded = new Proxy((owner as Record<string, Callable>)[name] as Callable, handler);
  Object.defineProperty(owner, name, { value: guarded });
  return guarded;
}
