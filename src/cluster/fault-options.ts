import { actorFamilies } from "../kernel/actor-faults.ts";
import type { DecisionRecord } from "../kernel/decision-log.ts";
import type { DecisionMap, Exploration, Odds } from "../kernel/decisions.ts";
import type { EnvironmentConfig } from "../kernel/environment.ts";
import { type Fault, type FaultKind, isNamed } from "../kernel/faults.ts";
import { linkFamilies, tieMax } from "../kernel/network.ts";
import { type EtcdFault, etcdFamilies } from "../control-plane/store/simulated/etcd-faults.ts";
import { ClusterOptionsError } from "./cluster-options-error.ts";

/** How often something goes wrong, and for how long at most. */
export interface ExploreOdds {
  /** Of a million messages, or of a million stretches of ten seconds in the life of an actor or link. */
  readonly perMillion: number;
  /** µs; for `delay`, `duplicate` and `reorder` how much later, for what lasts how long. */
  readonly maxUs: number;
}

/** Which faults a run explores. What is not named never happens. */
export interface ExploreOptions {
  /** Decides what is explored. Default: the cluster's seed. */
  readonly seed?: number;
  /** Whether each seed first draws which of the faults below happen at all. Default false. */
  readonly swarm?: boolean;
  /** By then it is over, µs after the start: the cluster can recover. Default: never. */
  readonly untilUs?: number;
  readonly loss?: Pick<ExploreOdds, "perMillion">;
  /** Its stream waits for a late message; other streams overtake it. */
  readonly delay?: ExploreOdds;
  readonly duplicate?: ExploreOdds;
  /** A late message is overtaken by its own stream, too. */
  readonly reorder?: ExploreOdds;
  /** Of messages that are due to an actor at the same µs, another one comes first. */
  readonly tie?: Pick<ExploreOdds, "perMillion">;
  readonly partition?: ExploreOdds;
  readonly hold?: ExploreOdds;
  readonly crash?: ExploreOdds;
  readonly pause?: ExploreOdds;
  readonly slow?: ExploreOdds;
  readonly clock?: ExploreOdds;
  /** Which of several API servers a component or kubelet keeps to when it begins. */
  readonly apiServer?: Pick<ExploreOdds, "perMillion">;
  /** Of a simulated etcd: how much longer an fsync takes. */
  readonly fsync?: ExploreOdds;
  /** For how long its servers have no leader. */
  readonly leader?: ExploreOdds;
  /** How many of the writes that are on no disk yet a crash loses. */
  readonly unsynced?: Pick<ExploreOdds, "perMillion">;
  /** Its history is compacted, but for some of the latest revisions. */
  readonly compaction?: Pick<ExploreOdds, "perMillion">;
}

/** The options of a cluster in which things can go wrong. */
export interface FaultOptions {
  /** What goes wrong, and when. */
  readonly faults?: readonly (Fault | EtcdFault)[];
  /** What may go wrong, decided by the seed. */
  readonly explore?: ExploreOptions;
  /** Decisions by site key, e.g. as `Cluster.decisions` gave them: they beat exploration. */
  readonly decisions?: DecisionMap;
  /** Whether each choice of the run is written down, for `Cluster.decisionRecord`. Costs time and memory. */
  readonly recordDecisions?: boolean;
  /** A record that the run is held to: the first other choice ends it. */
  readonly expectDecisions?: DecisionRecord;
}

/**
 * The environment that the options ask for; `undefined` when nothing can go wrong. Where there is an etcd,
 * something always can.
 *
 * @param mayFail Whether something outside can go wrong, whatever the options say.
 */
export function environmentOf(
  options: FaultOptions & { readonly simulatedEtcd?: unknown },
  seed: number,
  startUs: number,
  mayFail = false,
): EnvironmentConfig | undefined {
  const { faults = [], explore, decisions = {}, recordDecisions = false } = options;
  const { expectDecisions: expected } = options;
  const isBoring =
    options.simulatedEtcd === undefined &&
    !mayFail &&
    faults.length === 0 &&
    explore === undefined &&
    Object.keys(decisions).length === 0 &&
    !recordDecisions &&
    expected === undefined;
  if (isBoring) return undefined;
  return {
    startUs,
    faults: faults.filter((fault) => !isEtcdFault(fault)),
    ...(explore !== undefined && { explore: explorationOf(explore, seed, startUs) }),
    overrides: decisions,
    isRecorded: recordDecisions,
    ...(expected !== undefined && { expected }),
  };
}

export function isEtcdFault(fault: Fault | EtcdFault): fault is EtcdFault {
  return fault.kind in etcdFaultFields;
}

/**
 * @param hasEtcd Whether there is a simulated etcd.
 * @throws {ClusterOptionsError} Naming the option and what was expected.
 */
export function requireFaultOptions(options: FaultOptions, hasEtcd: boolean): void {
  const { faults = [], explore = {}, decisions = {} } = options;
  if (!Array.isArray(faults)) throw new ClusterOptionsError("faults", "a list of faults", faults);
  if (!isRecord(explore))
    throw new ClusterOptionsError("explore", "odds by kind of fault", explore);
  if (!isRecord(decisions)) {
    throw new ClusterOptionsError("decisions", "numbers by site key", decisions);
  }
  for (const [index, fault] of faults.entries()) requireFault(`faults[${index}]`, fault, hasEtcd);
  for (const [name, value] of Object.entries(explore))
    requireExplored(`explore.${name}`, name, value);
  if (!hasEtcd) requireNoEtcd(faults, explore);
  for (const [key, value] of Object.entries(decisions)) requireDecision(key, value);
}

/** @throws {ClusterOptionsError} For a fault that is about none of these actors. */
export function requireActors(
  faults: readonly (Fault | EtcdFault)[],
  names: readonly string[],
): void {
  for (const [index, fault] of faults.entries()) {
    if (isEtcdFault(fault)) continue;
    const patterns = "actor" in fault ? [fault.actor] : fault.between;
    for (const pattern of patterns) {
      if (names.some((name) => isNamed(pattern, name))) continue;
      const option = `faults[${index}].${"actor" in fault ? "actor" : "between"}`;
      const some = names.slice(0, actorsNamedMax).join(", ");
      throw new ClusterOptionsError(
        option,
        `about actors of this cluster, which are ${some} …`,
        pattern,
      );
    }
  }
}

/** Enough to see how actors are called. */
const actorsNamedMax = 8;

const families: readonly string[] = [
  ...linkFamilies,
  ...actorFamilies,
  "apiServer",
  ...etcdFamilies,
];
/** How many servers further another choice is at most. */
const furtherServersMax = 15;
/**
 * They have no time: something happens or not, or another server is chosen, so many records are lost, so
 * many revisions are kept but one.
 */
const timelessFamilies: Readonly<Record<string, number>> = {
  loss: 1,
  tie: tieMax,
  apiServer: furtherServersMax,
  unsynced: 1_000_000,
  compaction: 100,
};

function explorationOf(explore: ExploreOptions, seed: number, startUs: number): Exploration {
  const odds: Record<string, Odds> = {};
  for (const family of families) {
    const given = explore[family as keyof ExploreOptions] as Partial<ExploreOdds> | undefined;
    if (given === undefined) continue;
    const max = timelessFamilies[family] ?? given.maxUs ?? 1;
    odds[family] = { perMillion: given.perMillion ?? 0, max };
  }
  return {
    seed: explore.seed ?? seed,
    odds,
    isSwarm: explore.swarm ?? false,
    untilUs: explore.untilUs === undefined ? Number.MAX_SAFE_INTEGER : startUs + explore.untilUs,
  };
}

/** What each kind of fault says besides when it comes: µs or a rate, required or not. */
const etcdFaultFields: Readonly<Record<EtcdFault["kind"], readonly string[]>> = {
  slowFsync: ["extraUs", "forUs?"],
  loseLeader: ["forUs?"],
  electLeader: [],
  compact: ["keepRevisions?"],
};
const faultFields: Readonly<Record<FaultKind | EtcdFault["kind"], readonly string[]>> = {
  partition: ["between", "oneWay?", "stream?", "forUs?"],
  repair: ["between", "oneWay?"],
  hold: ["between", "oneWay?", "stream?", "forUs?"],
  release: ["between", "oneWay?"],
  delay: ["between", "oneWay?", "stream?", "extraUs", "forUs?"],
  crash: ["actor", "forUs?"],
  restart: ["actor"],
  pause: ["actor", "forUs?"],
  resume: ["actor"],
  slow: ["actor", "extraUs", "forUs?"],
  clock: ["actor", "offsetUs?", "ratePerMillion?", "forUs?"],
  ...etcdFaultFields,
};

const usMax = 1_000_000_000_000_000;

function requireFault(option: string, fault: unknown, hasEtcd: boolean): void {
  if (!isRecord(fault)) throw new ClusterOptionsError(option, "a fault", fault);
  const { kind } = fault;
  const fields = (faultFields as Readonly<Record<string, readonly string[]>>)[String(kind)];
  const kinds = Object.keys(faultFields).join(", ");
  if (fields === undefined)
    throw new ClusterOptionsError(`${option}.kind`, `one of ${kinds}`, kind);
  const known = ["atUs", "kind", ...fields.map((field) => field.replace("?", ""))];
  for (const name of Object.keys(fault)) {
    if (known.includes(name)) continue;
    throw new ClusterOptionsError(
      `${option}.${name}`,
      `absent: a ${String(kind)} has ${known.join(", ")}`,
      fault[name],
    );
  }
  requireField(`${option}.atUs`, "atUs", fault["atUs"]);
  for (const field of fields) {
    const name = field.replace("?", "");
    const isAbsent = fault[name] === undefined && field.endsWith("?");
    if (!isAbsent) requireField(`${option}.${name}`, name, fault[name]);
  }
  if (kind === "crash" && fault["actor"] === "etcd" && !hasEtcd) {
    const expected = "an actor: etcd is one by simulatedEtcd";
    throw new ClusterOptionsError(`${option}.actor`, expected, fault["actor"]);
  }
}

function requireField(option: string, name: string, value: unknown): void {
  if (name === "between") {
    const isPair = Array.isArray(value) && value.length === 2 && value.every(isPattern);
    if (!isPair) throw new ClusterOptionsError(option, "two patterns of actor names", value);
  } else if (name === "actor") {
    if (!isPattern(value)) throw new ClusterOptionsError(option, "a pattern of actor names", value);
  } else if (name === "stream") {
    if (!isPattern(value)) throw new ClusterOptionsError(option, "the name of a stream", value);
  } else if (name === "oneWay") {
    if (typeof value !== "boolean") throw new ClusterOptionsError(option, "true or false", value);
  } else if (name === "ratePerMillion") {
    requireInteger(option, value, -999_999, 1_000_000_000);
  } else {
    requireInteger(option, value, fieldsMin[name] ?? 1, usMax);
  }
}

function requireNoEtcd(faults: readonly (Fault | EtcdFault)[], explore: ExploreOptions): void {
  const expected = (what: string): string => `absent without simulatedEtcd: ${what} an etcd`;
  for (const [index, fault] of faults.entries()) {
    if (!isEtcdFault(fault)) continue;
    throw new ClusterOptionsError(`faults[${index}]`, expected("it befalls"), fault);
  }
  for (const family of etcdFamilies) {
    const odds = explore[family];
    if (odds !== undefined) {
      throw new ClusterOptionsError(`explore.${family}`, expected("it is about"), odds);
    }
  }
}

function requireExplored(option: string, name: string, value: unknown): void {
  if (value === undefined) return;
  if (name === "seed" || name === "untilUs") {
    requireInteger(option, value, 0, Number.MAX_SAFE_INTEGER);
  } else if (name === "swarm") {
    if (typeof value !== "boolean") throw new ClusterOptionsError(option, "true or false", value);
  } else {
    const expected = `absent: what can be explored is ${families.join(", ")}`;
    if (!families.includes(name)) throw new ClusterOptionsError(option, expected, value);
    const { perMillion, maxUs } = (isRecord(value) ? value : {}) as Partial<ExploreOdds>;
    requireInteger(`${option}.perMillion`, perMillion, 0, 1_000_000);
    if (!(name in timelessFamilies)) requireInteger(`${option}.maxUs`, maxUs, 1, 3_600_000_000);
  }
}

function requireDecision(key: string, value: unknown): void {
  const option = `decisions[${JSON.stringify(key)}]`;
  const isKnown = families.some((family) => key.startsWith(`${family}/`));
  const expected = `a decision about ${families.join(", ")}, such as "loss/api-1→scheduler/pods/#42"`;
  if (!isKnown) throw new ClusterOptionsError(option, expected, value);
  requireInteger(option, value, 0, 3_600_000_000);
}

function requireInteger(option: string, value: unknown, min: number, max: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return;
  throw new ClusterOptionsError(option, `an integer from ${min} to ${max}`, value);
}

const fieldsMin: Readonly<Record<string, number>> = { offsetUs: -usMax, atUs: 0, keepRevisions: 0 };

function isPattern(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
