import { administrator, createCertificateAuthority } from "./certificates.ts";

/** What a live cluster serves with, and what its administrator comes with. PEM. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

/** From a certificate authority of their own. */
export async function issueCredentials(host: string): Promise<Credentials> {
  const authority = await createCertificateAuthority();
  const serving = await authority.issueServing([host]);
  const client = await authority.issueClient(administrator);
  return {
    ca: authority.certificatePem,
    cert: serving.certificatePem,
    key: serving.privateKeyPem,
    clientCert: client.certificatePem,
    clientKey: client.privateKeyPem,
  };
}
