import { ApiError, internalError, unexpectedError } from "../../api/errors.ts";
import { StoreUnavailableError, UnknownOutcomeError } from "../store/store-errors.ts";

/**
 * What a client is told when the store could not do what was asked of it. After a timeout it cannot
 * know whether its write was done, and looks.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/finisher/finisher.go`, and
 *   `responsewriters/status.go`, `ErrorToAPIStatus`
 */
export function storeFailure(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UnknownOutcomeError || error instanceof StoreUnavailableError) {
    const message =
      "Timeout: request did not complete within requested timeout - context deadline exceeded";
    return new ApiError("Timeout", message, { causes: [{ message: error.message }] });
  }
  return isOfServer(error) ? unexpectedError(error.message) : internalError(error.message);
}

/** What etcd, or the way to it, says is passed on in its words, as upstream does with what it does not know. */
function isOfServer({ message }: Error): boolean {
  return message.startsWith("etcdserver: ") || message.startsWith("rpc error: ");
}
