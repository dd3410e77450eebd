import type { UserInfo } from "../request.ts";

/** A request as it came in: plain data, so that it can be recorded and played again. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, as on the wire. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Who the connection or its token belongs to; absent for a token nobody knows. */
  readonly user: UserInfo | undefined;
}

export type Headers = Readonly<Record<string, string>>;

/** Whether a request is for podrace itself, and not for the API server whose port it comes in at. */
export function isForPodrace({ url }: Pick<HttpRequest, "url">): boolean {
  return url.startsWith("/podrace/v1/");
}

/** Where the answer goes. Either `send` once, or `open` and then writes, or `breakOff`. */
export interface HttpReply {
  send(code: number, headers: Headers, body: string | Uint8Array): void;
  /** Begins an answer of unknown length. */
  open(code: number, headers: Headers): HttpStream;
  /** Nobody answers: the connection breaks. */
  breakOff(): void;
}

export interface HttpStream {
  write(chunk: string): void;
  end(): void;
}

export const jsonType = "application/json";

/** Headers of every answer, as the real server sends them. */
export function commonHeaders(contentType: string): Headers {
  return { "content-type": contentType, "cache-control": "no-cache, private" };
}

export function sendText(reply: HttpReply, code: number, text: string): void {
  const headers = {
    ...commonHeaders("text/plain; charset=utf-8"),
    "x-content-type-options": "nosniff",
  };
  reply.send(code, headers, text);
}
