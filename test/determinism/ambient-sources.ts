/** A way in which code could ask the machine for something that differs from run to run. */
export interface AmbientSource {
  /** As code. */
  readonly code: string;
  readonly ask: () => unknown;
  /** What simulated code is told, after its actor's name. */
  readonly refusal: string;
}

export const ambientSources: readonly AmbientSource[] = [
  { code: "new Date()", ask: () => new Date(), refusal: time("Date") },
  { code: "Date()", ask: () => Date(), refusal: time("Date") },
  { code: "Date.now()", ask: () => Date.now(), refusal: time("Date.now") },
  { code: "performance.now()", ask: () => performance.now(), refusal: time("performance.now") },
  { code: "process.hrtime()", ask: () => process.hrtime(), refusal: time("process.hrtime") },
  {
    code: "process.hrtime.bigint()",
    ask: () => process.hrtime.bigint(),
    refusal: time("process.hrtime.bigint"),
  },
  { code: "Math.random()", ask: () => Math.random(), refusal: chance("Math.random") },
  {
    code: "crypto.randomUUID()",
    ask: () => crypto.randomUUID(),
    refusal: chance("crypto.randomUUID"),
  },
  {
    code: "crypto.getRandomValues()",
    ask: () => crypto.getRandomValues(new Uint8Array(1)),
    refusal: chance("crypto.getRandomValues"),
  },
  { code: "setTimeout()", ask: () => setTimeout(() => {}, 1), refusal: timer("setTimeout") },
  { code: "setInterval()", ask: () => setInterval(() => {}, 1), refusal: timer("setInterval") },
  { code: "setImmediate()", ask: () => setImmediate(() => {}), refusal: timer("setImmediate") },
  {
    code: "queueMicrotask()",
    ask: () => queueMicrotask(() => {}),
    refusal: timer("queueMicrotask"),
  },
  { code: "new WeakRef()", ask: () => new WeakRef({}), refusal: garbage("WeakRef") },
  {
    code: "new FinalizationRegistry()",
    ask: () => new FinalizationRegistry(() => {}),
    refusal: garbage("FinalizationRegistry"),
  },
];

function time(name: string): string {
  return `asked the machine for the time (${name}): simulated code asks the kernel's clock`;
}

function chance(name: string): string {
  return `asked the machine for chance (${name}): simulated code draws from the kernel's keyed randomness`;
}

function timer(name: string): string {
  return `asked the machine for a timer (${name}): simulated code puts it on the kernel's timeline`;
}

function garbage(name: string): string {
  return `asked for garbage (${name}): when it is collected differs from run to run`;
}
