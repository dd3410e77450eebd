import { internalError } from "../../api/errors.ts";
import type { Link } from "../../kernel/link.ts";
import type { ApiServer } from "../apiserver/api-server.ts";
import type { WatchSink } from "../apiserver/watch-cache.ts";
import { type Connection, ConnectionLostError } from "./connection.ts";

/** The way to a server that may fail, and back. */
interface WatchedRoute {
  readonly server: Pick<ApiServer, "isServing">;
  readonly requests: Link;
  readonly answers: Link;
  readonly connection: Connection;
}

/**
 * A watch over links that may fail. Its events arrive in order or not at all: where one is lost the
 * stream is broken, and after a while the client notices and is told by an error, the last thing that
 * it hears. Then it is up to the client to list again.
 *
 * @param begin Begins the watch at the server; returns how to end it there.
 * @returns How to end the watch.
 */
export function fallibleWatch(
  over: WatchedRoute,
  stream: string,
  begin: (sink: WatchSink) => () => void,
  sink: WatchSink,
): () => void {
  const { server, connection, requests, answers } = over;
  let stop: (() => void) | undefined;
  let hasBegun = false;
  let isBroken = false;
  let isOver = false;
  const end = (): void => {
    isBroken = true;
    stop?.();
    forget();
  };
  const lose = (): void => {
    end();
    if (isOver) return;
    isOver = true;
    sink.error(internalError(new ConnectionLostError().message).status);
  };
  const forget = connection.keep({ end, lose });
  const breakOff = (): void => {
    end();
    connection.noticeLoss(lose);
  };
  const pass = (act: () => void): void => {
    if (isBroken) return;
    const handle = (): void => {
      if (!isOver && !connection.isClosed) act();
    };
    if (!answers.send(handle, stream, true)) breakOff();
  };
  const begun = (): void => {
    // The request may come twice.
    if (hasBegun || isBroken) return;
    hasBegun = true;
    stop = begin({
      event: (type, object) => pass(() => sink.event(type, object)),
      bookmark: (revision, ends) => pass(() => sink.bookmark(revision, ends)),
      error: (status) =>
        pass(() => {
          isOver = true;
          forget();
          sink.error(status);
        }),
    });
    // It may have broken while the server sent what there was already.
    if (isBroken) stop();
  };
  const refuse = (): void => {
    if (!answers.send(() => connection.lost(lose), stream)) breakOff();
  };
  const ask = (): void => {
    if (server.isServing) begun();
    else refuse();
  };
  if (!requests.send(connection.over(ask), stream, false, refuse)) breakOff();
  return () => {
    isOver = true;
    requests.send(end, stream);
  };
}
