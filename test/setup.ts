import fc from "fast-check";

/** Every run tries the same examples, so a red test is a change and never luck. */
fc.configureGlobal({ seed: 42 });
