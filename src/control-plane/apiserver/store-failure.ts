import { ApiError, internalError } from "../../api/errors.ts";
import { StoreUnavailableError, UnknownOutcomeError } from "../store/store-errors.ts";

/**
 * What a client is told when the store could not do what was asked of it. After a timeout it cannot
 * know whether its write was done, and looks.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/finisher/finisher.go`
 */
export function storeFailure(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UnknownOutcomeError || error instanceof StoreUnavailableError) {
    const message =
      "Timeout: request did not complete within requested timeout - context deadline exceeded";
    return new ApiError("Timeout", message, { causes: [{ message: error.message }] });
  }
  return internalError(error.message);
}
