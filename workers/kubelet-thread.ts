import { workerData, type MessagePort } from "node:worker_threads";
import * as Comlink from "comlink";
import { carryBatches } from "../src/data-plane/batch-transfer.ts";
import { guardAmbientSources } from "../src/kernel/ambient-guard.ts";
import { createKubeletHost } from "./kubelet/kubelet-host.ts";

// Glue only: whatever is worth testing can be imported without a thread.
guardAmbientSources();
carryBatches();
Comlink.expose(createKubeletHost(), (workerData as { readonly port: MessagePort }).port);
