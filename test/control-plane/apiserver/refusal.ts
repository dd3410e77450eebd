import { isApiError, type Status } from "../../../src/api/errors.ts";

/** The Status a request was refused with. */
export function refusalOf(request: () => unknown): Status {
  try {
    request();
  } catch (error) {
    if (isApiError(error)) return error.status;
    throw error;
  }
  throw new Error("the request was not refused");
}
