import type { Binding, KubeObject, Namespace } from "../../../src/api/objects.ts";
import type { Status } from "../../../src/api/errors.ts";
import type { AdmissionPlugin } from "../../../src/control-plane/apiserver/admission/admission.ts";
import { defaultTolerationSeconds } from "../../../src/control-plane/apiserver/admission/default-toleration-seconds.ts";
import { namespaceLifecycle } from "../../../src/control-plane/apiserver/admission/namespace-lifecycle.ts";
import { priority } from "../../../src/control-plane/apiserver/admission/priority.ts";
import { serviceAccount } from "../../../src/control-plane/apiserver/admission/service-account.ts";
import { taintNodesByCondition } from "../../../src/control-plane/apiserver/admission/taint-nodes-by-condition.ts";
import { ApiServer } from "../../../src/control-plane/apiserver/api-server.ts";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import type { ObjectList } from "../../../src/control-plane/apiserver/read.ts";
import type { Removal } from "../../../src/control-plane/apiserver/remove.ts";
import {
  componentUser,
  type DeleteOptions,
  listAll,
  type ListOptions,
  type RequestContext,
  type WatchOptions,
} from "../../../src/control-plane/apiserver/request.ts";
import type { Resource } from "../../../src/control-plane/apiserver/resource.ts";
import { type Answer, stampRevision } from "../../../src/control-plane/apiserver/storage.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import { bootstrap } from "../../../src/cluster/bootstrap.ts";
import { Chance } from "../../../src/kernel/chance.ts";
import { Timeline } from "../../../src/kernel/timeline.ts";
import { Trace } from "../../../src/kernel/trace.ts";
import { frozen } from "../../api/schema/frozen.ts";

/** 2026-01-01T00:00:00Z. */
export const startUs = 1_767_225_600_000_000;

/** What a request may say besides its kind; the namespace is `default` where a kind has one. */
export type RequestParts = Partial<Omit<RequestContext, "resource">>;

/**
 * A whole API server over a memory store, asked directly: every answer is there when the call
 * returns, and a refusal is thrown. Objects are frozen, so whoever changes one fails.
 */
export class ServerUnderTest {
  readonly timeline = new Timeline(startUs);
  readonly trace = new Trace();
  readonly store = new MemoryStore<KubeObject>((object, revision) =>
    frozen(stampRevision(object, revision)),
  );
  readonly server: ApiServer;

  constructor(
    admission: readonly AdmissionPlugin[] = [
      namespaceLifecycle,
      serviceAccount,
      priority,
      defaultTolerationSeconds,
      taintNodesByCondition,
    ],
  ) {
    const { timeline, trace, store } = this;
    const actor = { id: 2, name: "api-1" };
    const chance = new Chance(1);
    this.server = new ApiServer({ actor, timeline, trace, chance, store, kinds, admission });
    bootstrap(this.server);
    this.create("serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default" },
    });
  }

  /** Lets `seconds` of virtual time pass, with all that is due in them. */
  pass(seconds: number): void {
    const untilUs = this.timeline.nowUs + seconds * 1_000_000;
    this.timeline.runBefore(untilUs + 1);
    this.timeline.moveTo(untilUs);
  }

  at(plural: string, parts: RequestParts = {}): RequestContext {
    const group = plural === "leases" ? "coordination.k8s.io" : "";
    const resource = this.server.resources.find(group, "v1", plural) as Resource;
    return {
      resource,
      namespace: resource.namespaced ? "default" : "",
      name: "",
      user: componentUser("tester"),
      client: "tester",
      subresource: "",
      dryRun: false,
      ...parts,
    };
  }

  get(plural: string, name: string, parts?: RequestParts): KubeObject {
    return answerOf((answer) => this.server.get(this.at(plural, { name, ...parts }), answer));
  }

  create(plural: string, object: KubeObject, parts?: RequestParts): KubeObject {
    const { name = "" } = object.metadata;
    return answerOf((answer) =>
      this.server.create(this.at(plural, { name, ...parts }), frozen(object), answer),
    );
  }

  /** PUT: the object replaces what is there. */
  replace(plural: string, object: KubeObject, parts?: RequestParts): KubeObject {
    return this.update(plural, object.metadata.name ?? "", () => frozen(object), parts);
  }

  /** PATCH: the stored object, changed. */
  update(
    plural: string,
    name: string,
    change: (stored: KubeObject) => KubeObject,
    parts?: RequestParts,
  ): KubeObject {
    return answerOf((answer) =>
      this.server.update(this.at(plural, { name, ...parts }), "update", change, answer),
    );
  }

  remove(
    plural: string,
    name: string,
    options: DeleteOptions = {},
    parts?: RequestParts,
  ): Removal {
    return answerOf((answer) =>
      this.server.remove(this.at(plural, { name, ...parts }), options, answer),
    );
  }

  list(plural: string, options: Partial<ListOptions> = {}, parts?: RequestParts): ObjectList {
    return answerOf((answer) =>
      this.server.list(this.at(plural, parts), { ...listAll, ...options }, answer),
    );
  }

  bind(name: string, binding: Binding, parts?: RequestParts): KubeObject {
    const context = this.at("pods", { name, subresource: "binding", ...parts });
    return answerOf((answer) => this.server.bind(context, binding, answer));
  }

  finalize(namespace: Namespace): KubeObject {
    const { name = "" } = namespace.metadata;
    const context = this.at("namespaces", { name, subresource: "finalize" });
    return answerOf((answer) => this.server.finalize(context, namespace, answer));
  }

  watch(plural: string, options: Partial<WatchOptions> = {}, parts?: RequestParts): RecordedWatch {
    const watch = new RecordedWatch();
    const everything = {
      labelSelector: "",
      fieldSelector: "",
      resourceVersion: "",
      resourceVersionMatch: "",
      allowWatchBookmarks: false,
      sendInitialEvents: undefined,
    };
    watch.stop = this.server.watch(this.at(plural, parts), { ...everything, ...options }, watch);
    return watch;
  }
}

/** What a watcher was told, one line an event: `ADDED web-1@7`. */
export class RecordedWatch {
  readonly lines: string[] = [];
  readonly objects: KubeObject[] = [];
  stop: () => void = () => {};

  /** The lines since they were last taken. */
  taken(): string[] {
    return this.lines.splice(0);
  }

  event(type: string, object: KubeObject): void {
    this.objects.push(object);
    this.lines.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  }

  bookmark(revision: number, endsInitialEvents: boolean): void {
    this.lines.push(`BOOKMARK ${revision}${endsInitialEvents ? " initial-events-end" : ""}`);
  }

  error({ code, message }: Status): void {
    this.lines.push(`ERROR ${code} ${message}`);
  }
}

/** @throws {ApiError} What the server refused with. */
function answerOf<T>(ask: (answer: Answer<T>) => void): T {
  const answers: (readonly [Error | undefined, T | undefined])[] = [];
  ask((error, result) => answers.push([error, result]));
  const [only, ...more] = answers;
  if (only === undefined || more.length > 0) throw new Error(`${answers.length} answers to one request`);
  const [error, result] = only;
  if (error !== undefined) throw error;
  return result as T;
}
