import { podraceVersion, versionInfo } from "../../../cluster/version.ts";
import type { ApiClient } from "../api-client.ts";
import { defineCommand, sharedFlags } from "../command.ts";
import { goYaml } from "../go-yaml.ts";
import { KubectlError } from "../kubectl-error.ts";

/** The Kubernetes whose kubectl this one follows. */
const kubernetes = { major: "1", minor: "36", patch: "0" } as const;

/** @see apimachinery `version/types.go`: Info */
interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly [field: string]: string;
}

/** @see kubectl `cmd/version/version.go` */
export const version = defineCommand({
  name: "version",
  summary: "show the versions of client and server",
  usage: "[flags]",
  flags: {
    client: { type: "bool", help: "the client's alone, which needs no server" },
    short: { type: "bool", help: "what is shown anyway: here for older scripts and tutorials" },
    output: { ...sharedFlags.output, help: "json or yaml" },
  },

  async run({ client, io }, { flags }) {
    if (flags.output !== undefined && flags.output !== "json" && flags.output !== "yaml") {
      throw new KubectlError("--output must be 'yaml' or 'json'");
    }
    const clientVersion = ownVersion();
    const serverVersion = flags.client ? undefined : await fetchVersion(client);
    const versions = { clientVersion, ...(serverVersion && { serverVersion }) };
    if (flags.output === "json") io.out(`${JSON.stringify(versions, undefined, 2)}\n`);
    else if (flags.output === "yaml") io.out(`${goYaml(versions)}\n`);
    else {
      io.out(`Client Version: ${clientVersion.gitVersion}\n`);
      if (serverVersion) io.out(`Server Version: ${serverVersion.gitVersion}\n`);
    }
    if (serverVersion) warnOfSkew(clientVersion, serverVersion, (text) => io.err(text));
    return 0;
  },
});

function ownVersion(): VersionInfo {
  const { major, minor, patch } = kubernetes;
  const gitVersion = `v${major}.${minor}.${patch}+podrace.${podraceVersion}`;
  return { major, minor, gitVersion, platform: versionInfo.platform };
}

async function fetchVersion(client: ApiClient): Promise<VersionInfo> {
  return client.json({ path: "/version" });
}

/** @see kubectl `cmd/version/skew_warning.go` */
function warnOfSkew(client: VersionInfo, server: VersionInfo, warn: (text: string) => void): void {
  const [clientMinor, serverMinor] = [client, server].map(({ minor }) =>
    Number.parseInt(minor, 10),
  );
  const isFar = Math.abs((clientMinor ?? 0) - (serverMinor ?? 0)) > 1;
  if (client.major === server.major && !isFar) return;
  warn(
    `Warning: version difference between client (${client.major}.${clientMinor}) and server (${server.major}.${serverMinor}) exceeds the supported minor version skew of +/-1\n`,
  );
}
