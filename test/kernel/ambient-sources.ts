/** How simulated code could ask the machine, and what it is told; in JavaScript, for any thread. */
export const ambientSources: readonly (readonly [code: string, refusal: string])[] = [
  ["new Date()", time("Date")],
  ["Date()", time("Date")],
  ["Date.now()", time("Date.now")],
  ["performance.now()", time("performance.now")],
  ["process.hrtime()", time("process.hrtime")],
  ["process.hrtime.bigint()", time("process.hrtime.bigint")],
  ["Math.random()", chance("Math.random")],
  ["crypto.randomUUID()", chance("crypto.randomUUID")],
  ["crypto.getRandomValues(new Uint8Array(1))", chance("crypto.getRandomValues")],
  ["setTimeout(() => {}, 1)", timer("setTimeout")],
  ["setInterval(() => {}, 1)", timer("setInterval")],
  ["setImmediate(() => {})", timer("setImmediate")],
  ["queueMicrotask(() => {})", timer("queueMicrotask")],
  ["new WeakRef({})", garbage("WeakRef")],
  ["new FinalizationRegistry(() => {})", garbage("FinalizationRegistry")],
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
