import fc from "fast-check";
import { guardAmbientSources } from "../src/kernel/ambient-guard.ts";

/** Every run tries the same examples, so a red test is a change and never luck. */
fc.configureGlobal({ seed: 42 });

/** In every test, simulated code that asks the machine for time or chance fails. */
guardAmbientSources();
