import type { webcrypto } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import type * as x509Library from "@peculiar/x509";

/*
 * At the boundary to the real world: certificates are for real TLS clients, so this folder uses the
 * machine's clock and entropy. Nothing a simulation decides may depend on what it returns.
 */

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Who a client certificate says its bearer is: the user name and the groups of a request. */
export interface ClientIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** A cluster's certificate authority: one per cluster, kept in memory for as long as it lives. */
export interface CertificateAuthority extends KeyPair {
  /** For the API server, valid for `servingNames` and for any further DNS names and IP addresses. */
  issueServing(extraNames?: readonly string[]): Promise<KeyPair>;
  issueClient(identity: ClientIdentity): Promise<KeyPair>;
}

/** The names that clients inside and outside a cluster call its API server by. */
export const servingNames: readonly string[] = [
  "localhost",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "127.0.0.1",
  "::1",
  "10.96.0.1",
];

/** The identity in an administrator's kubeconfig. @see kubeadm `app/phases/certs/certlist.go` */
export const administrator: ClientIdentity = {
  commonName: "kubernetes-admin",
  organizations: ["system:masters"],
};

const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * A new authority with an EC P-256 key. Ten years for the authority and one for what it issues, as
 * kubeadm has it; both begin an hour ago, for clients whose clock is slow.
 *
 * The first one in a process costs about 0.2 s, nearly all of it loading the library.
 */
export async function createCertificateAuthority(
  commonName = "podrace",
): Promise<CertificateAuthority> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags } = x509;
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: distinguishedName({ commonName, organizations: [] }),
    keys,
    ...validity(10),
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issueLeaf = async (
    identity: ClientIdentity,
    extensions: readonly x509Library.Extension[],
  ): Promise<KeyPair> => {
    const leaf = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: distinguishedName(identity),
      issuer: root.subjectName,
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      ...validity(1),
      signingAlgorithm: keyAlgorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        ...extensions,
        await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { certificatePem: lines(certificate.toString("pem")), privateKeyPem: await pem(leaf) };
  };
  return {
    certificatePem: lines(root.toString("pem")),
    privateKeyPem: await pem(keys),

    issueServing(extraNames = []) {
      const names = [...new Set([...servingNames, ...extraNames])];
      return issueLeaf({ commonName: "kube-apiserver", organizations: [] }, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({
            type: isIP(name) === 0 ? "dns" : "ip",
            value: plainAddress(name),
          })),
        ),
      ]);
    },

    issueClient(identity) {
      return issueLeaf(identity, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ]);
    },
  };
}

/** Loaded late: a cluster over plain HTTP, and every other command, starts without it. */
async function loadX509(): Promise<typeof x509Library> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
}

async function pem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", privateKey);
  const base64 = Buffer.from(der)
    .toString("base64")
    .match(/.{1,64}/g) as string[];
  return `-----BEGIN PRIVATE KEY-----\n${base64.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

/** Kubernetes reads groups from the organizations and the user from the common name. */
function distinguishedName({ commonName, organizations }: ClientIdentity): {
  [type: string]: string[];
}[] {
  return [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }];
}

function validity(years: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notBefore.getUTCFullYear() + years);
  return { notBefore, notAfter };
}

/** The library takes IPv6 addresses without the dotted form at their end: a URL spells them so. */
function plainAddress(name: string): string {
  return isIPv6(name) ? new URL(`https://[${name}]`).hostname.slice(1, -1) : name;
}

/** OpenSSL wants a newline at the end. */
function lines(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
