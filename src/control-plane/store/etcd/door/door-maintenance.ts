import type { Alarm } from "../../store.ts";
import { grpcCode, WireError } from "../wire-errors.ts";
import type { WireAlarmRequest, WireAlarms, WireHeader } from "../wire-messages.ts";
import { type DoorContext, headerAt, member, type Method } from "./door-context.ts";

/** What `etcdctl endpoint`, `member list` and `alarm` ask for: one member that is always fine. */
export interface DoorMaintenance {
  readonly Status: Method<object, object>;
  readonly Alarm: Method<WireAlarmRequest, WireAlarms>;
  readonly Defragment: Method<object, { readonly header: WireHeader }>;
  readonly MemberList: Method<object, object>;
  readonly AuthStatus: Method<object, object>;
  readonly Authenticate: Method<object, object>;
}

/** Whose behaviour this is; clients look at it to know what they may ask for. */
const etcdVersion = "3.5.21";

/** @param clientUrl Where the door is, e.g. `http://127.0.0.1:2379`. */
export function createDoorMaintenance<V>(
  { store }: DoorContext<V>,
  clientUrl: () => string,
): DoorMaintenance {
  const header = (): WireHeader => headerAt(store.revision);
  const alarms = (reply: (error: Error | undefined, response?: WireAlarms) => void): void => {
    store.alarms((error, raised) => {
      if (error !== undefined) return reply(error);
      const { memberId } = member;
      reply(undefined, { header: header(), alarms: raised.map((alarm) => ({ memberId, alarm })) });
    });
  };
  return {
    Status: (_request, reply) => {
      store.alarms((error, raised) => {
        if (error !== undefined) return reply(error);
        reply(undefined, {
          header: header(),
          version: etcdVersion,
          leader: member.memberId,
          raftTerm: member.raftTerm,
          raftIndex: store.revision,
          raftAppliedIndex: store.revision,
          errors: raised.map((alarm) => `alarm:${alarm}`),
        });
      });
    },

    Alarm: ({ action, alarm }, reply) => {
      if (action === "GET") return alarms(reply);
      if (action === "ACTIVATE") {
        const why = "podrace: an alarm is raised by what happens, not by request";
        return reply(new WireError(grpcCode.unimplemented, why));
      }
      if (alarm === "NONE") return reply(undefined, { header: header(), alarms: [] });
      const lifted: Alarm = alarm;
      store.disarm(lifted, (error) => {
        if (error !== undefined) return reply(error);
        const { memberId } = member;
        reply(undefined, { header: header(), alarms: [{ memberId, alarm: lifted }] });
      });
    },

    Defragment: (_request, reply) => reply(undefined, { header: header() }),

    MemberList: (_request, reply) => {
      const one = { id: member.memberId, name: "podrace", clientUrls: [clientUrl()] };
      reply(undefined, { header: header(), members: [one] });
    },

    AuthStatus: (_request, reply) => reply(undefined, { header: header(), enabled: false }),

    Authenticate: (_request, reply) => {
      const why = "etcdserver: authentication is not enabled";
      reply(new WireError(grpcCode.failedPrecondition, why));
    },
  };
}
