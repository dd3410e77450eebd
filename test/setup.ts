import fc from "fast-check";
import { checkStores } from "../src/cluster/store-checks.ts";
import { guardAmbientSources } from "../src/kernel/ambient-guard.ts";

/** Every run tries the same examples, so a red test is a change and never luck. */
fc.configureGlobal({ seed: 42 });

/** In every test, simulated code that asks the machine for time or chance fails. */
guardAmbientSources();

/** And every cluster ends where its store breaks a promise. */
checkStores();
