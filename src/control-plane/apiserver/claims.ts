import type { ApiError } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import type { Operation, TransactionRequest } from "../store/store.ts";
import type { Resource } from "./resource.ts";
import { PlainObject, type StoredObject } from "./stored/stored-object.ts";

/**
 * Something that only one object may have, such as a cluster IP: a key of its own in the store, written
 * with the object and gone with it. So it is never given out twice, however late a cache is.
 */
export interface Claim {
  readonly key: string;
  readonly object: KubeObject;
  /** What to answer when another object has it. */
  readonly refusal: ApiError;
}

/** What was claimed belongs to another object. */
export class ClaimTakenError extends Error {
  override readonly name = "ClaimTakenError";
  readonly claim: Claim;

  constructor(claim: Claim) {
    super(claim.refusal.message);
    this.claim = claim;
  }
}

/** A write of one object with what it claims from now on. */
export interface ClaimedWrite {
  readonly transaction: TransactionRequest<StoredObject>;
  /** What must be free for it. When it is not done, `ranges` says of each whether it was. */
  readonly gained: readonly Claim[];
}

/**
 * Puts, or removes, an object at a key that was last written at `modRevision`, and its claims with it.
 * The first operation is the object's own.
 */
export function claimedWrite(
  resource: Resource,
  { key, modRevision }: { readonly key: string; readonly modRevision: number },
  before: StoredObject | undefined,
  after: StoredObject | undefined,
): ClaimedWrite {
  const held = claimsOf(resource, before);
  const wanted = claimsOf(resource, after);
  const isIn = (claims: readonly Claim[], one: Claim): boolean =>
    claims.some((each) => each.key === one.key);
  const gained = wanted.filter((claim) => !isIn(held, claim));
  const released = held.filter((claim) => !isIn(wanted, claim));
  const own: Operation<StoredObject> =
    after === undefined ? { type: "delete", key } : { type: "put", key, value: after };
  return {
    gained,
    transaction: {
      compares: [
        { key, modRevision },
        ...gained.map((claim) => ({ key: claim.key, modRevision: 0 })),
      ],
      then: [
        own,
        ...released.map((claim) => ({ type: "delete" as const, key: claim.key })),
        ...gained.map((claim) => ({
          type: "put" as const,
          key: claim.key,
          value: new PlainObject(claim.object),
        })),
      ],
      // Of what did not hold, which was it?
      ...(gained.length > 0 && {
        otherwise: gained.map((claim) => ({
          type: "range" as const,
          key: claim.key,
          countOnly: true,
        })),
      }),
    },
  };
}

function claimsOf(resource: Resource, stored: StoredObject | undefined): readonly Claim[] {
  if (resource.claims === undefined || stored === undefined) return [];
  return resource.claims(stored.toObject());
}
