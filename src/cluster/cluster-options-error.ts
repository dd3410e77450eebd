/** An option with a value it cannot have. */
export class ClusterOptionsError extends Error {
  override readonly name = "ClusterOptionsError";
  /** The option's name, e.g. `nodes`. */
  readonly option: string;

  constructor(option: string, expected: string, actual: unknown, because = "") {
    super(`${option} must be ${expected}, not ${JSON.stringify(actual)}${because}`);
    this.option = option;
  }
}
