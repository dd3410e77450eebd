/** A body that Go would not decode. The message is what Go's decoder says. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
