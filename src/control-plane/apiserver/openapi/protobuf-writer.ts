/** A string field of a protobuf message. */
export function stringField(number: number, text: string): Uint8Array {
  return lengthDelimited(number, new TextEncoder().encode(text));
}

/** A field that is a message, of the fields given. */
export function messageField(number: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return lengthDelimited(number, concatenated(fields));
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

function lengthDelimited(number: number, content: Uint8Array): Uint8Array {
  const wireType = 2;
  return concatenated([varint(number * 8 + wireType), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.from([...bytes, rest]);
}
