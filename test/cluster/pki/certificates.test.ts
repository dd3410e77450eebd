import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type PeerCertificate, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import {
  administrator,
  type CertificateAuthority,
  createCertificateAuthority,
  type KeyPair,
} from "../../../src/cluster/pki/certificates.ts";

describe("a certificate authority", async () => {
  const authority = await createCertificateAuthority();
  const root = new X509Certificate(authority.certificatePem);

  test("is a self-signed CA that may sign certificates for ten years", () => {
    expect(root.ca).toBe(true);
    expect(root.subject).toBe("CN=podrace");
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.checkPrivateKey(createPrivateKey(authority.privateKeyPem))).toBe(true);
    expect(yearsValid(root)).toBe(10);
  });

  test("issues a serving certificate for every name the API server is called by", async () => {
    const serving = new X509Certificate(
      (await authority.issueServing(["10.0.0.7", "box"])).certificatePem,
    );

    expect(serving.checkIssued(root) && serving.verify(root.publicKey)).toBe(true);
    expect(serving.ca).toBe(false);
    expect(yearsValid(serving)).toBe(1);
    expect(serving.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(serving.subjectAltName?.split(", ")).toEqual([
      "DNS:localhost",
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      "IP Address:127.0.0.1",
      "IP Address:0:0:0:0:0:0:0:1",
      "IP Address:10.96.0.1",
      "IP Address:10.0.0.7",
      "DNS:box",
    ]);
  });

  test("issues a client certificate that says who its bearer is", async () => {
    const identity = { commonName: "jané", organizations: ["devs", "ops"] };
    const client = new X509Certificate((await authority.issueClient(identity)).certificatePem);

    expect(client.subject).toBe("O=devs\nO=ops\nCN=jané");
    expect(client.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(client.subjectAltName).toBeUndefined();
  });

  test("gives every certificate a serial number and a key of its own", async () => {
    const one = new X509Certificate((await authority.issueClient(administrator)).certificatePem);
    const two = new X509Certificate((await authority.issueClient(administrator)).certificatePem);

    expect(one.serialNumber).not.toBe(two.serialNumber);
    expect(one.publicKey.equals(two.publicKey)).toBe(false);
  });

  test("spells out IPv6 addresses however they are written", async () => {
    const { certificatePem } = await authority.issueServing(["fd00::1:2", "::ffff:10.0.0.1"]);
    const names = new X509Certificate(certificatePem).subjectAltName;

    expect(names).toContain("IP Address:FD00:0:0:0:0:0:1:2");
    expect(names).toContain("IP Address:0:0:0:0:0:FFFF:A00:1");
  });
});

describe("mutual TLS", async () => {
  const authority = await createCertificateAuthority();
  const stranger = await createCertificateAuthority();

  test("lets a client in and tells the server who it is", async () => {
    const { authorized, peer } = await handshake(authority, {
      trusted: authority,
      client: await authority.issueClient(administrator),
    });

    expect(authorized).toBe(true);
    expect(peer.subject).toMatchObject({ CN: "kubernetes-admin", O: "system:masters" });
  });

  test("refuses a server of another authority", async () => {
    const attempt = handshake(authority, {
      trusted: stranger,
      client: await authority.issueClient(administrator),
    });

    await expect(attempt).rejects.toThrow("self-signed certificate in certificate chain");
  });

  test("does not take a client certificate of another authority for one of its own", async () => {
    const { authorized } = await handshake(authority, {
      trusted: authority,
      client: await stranger.issueClient(administrator),
    });

    expect(authorized).toBe(false);
  });

  test("does not take a serving certificate for a client's", async () => {
    const { authorized } = await handshake(authority, {
      trusted: authority,
      client: await authority.issueServing(),
    });

    expect(authorized).toBe(false);
  });
});

interface Handshake {
  readonly authorized: boolean;
  readonly peer: PeerCertificate;
}

/** One TLS connection to a server that asks for a client certificate; what the server saw of it. */
async function handshake(
  authority: CertificateAuthority,
  { trusted, client }: { trusted: CertificateAuthority; client: KeyPair },
): Promise<Handshake> {
  const serving = await authority.issueServing();
  const server = createServer({
    cert: serving.certificatePem,
    key: serving.privateKeyPem,
    ca: authority.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const socket = connect({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    ca: trusted.certificatePem,
    cert: client.certificatePem,
    key: client.privateKeyPem,
  });
  try {
    await once(socket, "secureConnect");
    const [peer] = await accepted;
    return { authorized: peer.authorized, peer: peer.getPeerCertificate() };
  } finally {
    socket.destroy();
    server.close();
  }
}

function yearsValid(certificate: X509Certificate): number {
  return (
    new Date(certificate.validTo).getUTCFullYear() -
    new Date(certificate.validFrom).getUTCFullYear()
  );
}
