import type { KubeObject } from "../../../api/objects.ts";
import { decodeObject } from "../../../api/schema/decode-object.ts";
import { apiVersionOf, keyOf as storeKeyOf, type Resource } from "../resource.ts";
import { PlainObject, type StoredObject } from "./stored-object.ts";

/** Stored objects as JSON, as people see them in etcd. */
export interface StoredCodec {
  /** Without `metadata.resourceVersion`, which the store knows from the revision. */
  encode(stored: StoredObject): Uint8Array;
  /**
   * @param key Where it is, or is to be kept, when that is known: then the object must belong there.
   * @throws When these bytes are no object that is served under that key.
   */
  decode(bytes: Uint8Array, key?: string): StoredObject;
}

/** A codec for the kinds that are served. */
export function storedCodecOf(kinds: readonly Resource[]): StoredCodec {
  return {
    encode: (stored) => Buffer.from(JSON.stringify(unversioned(stored.toObject()))),
    decode: (bytes, key) => {
      const text = utf8.decode(bytes);
      const object = key === undefined ? parseObject(text) : decodeAt(key, text, kinds);
      return new PlainObject(unversioned(object));
    },
  };
}

/** What was encoded here, or by another API server. */
function parseObject(text: string): KubeObject {
  const parsed = JSON.parse(text) as Partial<KubeObject> | null;
  if (typeof parsed?.metadata !== "object" || typeof parsed.kind !== "string") {
    throw new Error("expected a JSON object with apiVersion, kind and metadata");
  }
  return parsed as KubeObject;
}

/** What comes past the API server must be what it would have written. */
function decodeAt(key: string, text: string, kinds: readonly Resource[]): KubeObject {
  const resource = kinds.find(({ keyPrefix }) => key.startsWith(keyPrefix));
  if (resource === undefined) {
    const prefixes = kinds.map(({ keyPrefix }) => keyPrefix).join(", ");
    throw new Error(`no kind is served under this key; expected one of ${prefixes}`);
  }
  const { apiVersion, kind, value, strictErrors } = decodeObject(text);
  const [strictError] = strictErrors;
  if (strictError !== undefined) throw new Error(strictError);
  const expected = `${apiVersionOf(resource)} ${resource.kind}`;
  if (`${apiVersion} ${kind}` !== expected) {
    throw new Error(`expected ${expected}, not ${apiVersion} ${kind}`);
  }
  const object = { ...(value as unknown as KubeObject), apiVersion, kind };
  const { namespace = "", name = "", uid = "", creationTimestamp } = object.metadata ?? {};
  const own = storeKeyOf(resource, namespace, name);
  if (own !== key) throw new Error(`its metadata says that it belongs to ${own}`);
  if (uid === "" || !creationTimestamp) {
    throw new Error("expected metadata.uid and metadata.creationTimestamp, as the API server sets");
  }
  const [problem] = resource.strategy.validate(resource.strategy.applyDefaults(object));
  if (problem !== undefined) throw new Error(`${problem.field}: ${problem.message}`);
  return object;
}

function unversioned(object: KubeObject): KubeObject {
  if (object.metadata.resourceVersion === undefined) return object;
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
