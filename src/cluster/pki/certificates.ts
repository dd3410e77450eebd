import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import * as der from "./der.ts";
import { subjectAlternativeName } from "./subject-alternative-name.ts";

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
  issueServing(extraNames?: readonly string[]): KeyPair;
  issueClient(identity: ClientIdentity): KeyPair;
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

/**
 * A new authority with an EC P-256 key. Ten years for the authority and one for what it issues, as
 * kubeadm has it; both begin an hour ago, for clients whose clock is slow.
 *
 * The first one in a process costs 10 to 20 ms, nearly all of it OpenSSL waking up; issuing another
 * certificate costs about 1 ms.
 */
export function createCertificateAuthority(commonName = "podrace"): CertificateAuthority {
  const keys = newKeys();
  const name = distinguishedName({ commonName, organizations: [] });
  const issue = (request: CertificateRequest): string =>
    certificatePem(request, { name, keyId: keyId(keys.publicKey), privateKey: keys.privateKey });

  return {
    certificatePem: issue({
      subject: name,
      publicKey: keys.publicKey,
      validYears: 10,
      extensions: [
        extension(oid.basicConstraints, der.sequence(der.boolean(true)), critical),
        extension(oid.keyUsage, keyUsage.signsCertificates, critical),
      ],
    }),
    privateKeyPem: pem(keys.privateKey),

    issueServing(extraNames = []) {
      return issueLeaf({ commonName: "kube-apiserver", organizations: [] }, [
        extension(oid.extendedKeyUsage, der.sequence(der.objectIdentifier(oid.serverAuth))),
        extension(
          oid.subjectAlternativeName,
          subjectAlternativeName([...new Set([...servingNames, ...extraNames])]),
        ),
      ]);
    },

    issueClient(identity) {
      return issueLeaf(identity, [
        extension(oid.extendedKeyUsage, der.sequence(der.objectIdentifier(oid.clientAuth))),
      ]);
    },
  };

  function issueLeaf(identity: ClientIdentity, extensions: readonly Buffer[]): KeyPair {
    const leaf = newKeys();
    const certificate = issue({
      subject: distinguishedName(identity),
      publicKey: leaf.publicKey,
      validYears: 1,
      extensions: [
        extension(oid.basicConstraints, der.sequence(), critical),
        extension(oid.keyUsage, keyUsage.signsHandshakes, critical),
        ...extensions,
      ],
    });
    return { certificatePem: certificate, privateKeyPem: pem(leaf.privateKey) };
  }
}

interface CertificateRequest {
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly validYears: number;
  readonly extensions: readonly Buffer[];
}

interface Issuer {
  readonly name: Buffer;
  readonly keyId: Buffer;
  readonly privateKey: KeyObject;
}

const critical = true;

const oid = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

/** Bit 0 is digitalSignature, bit 5 keyCertSign, counted from the most significant one. */
const keyUsage = {
  signsHandshakes: der.bitString(Buffer.of(0b1000_0000), 7),
  signsCertificates: der.bitString(Buffer.of(0b1000_0100), 2),
};

/** @see RFC 5280, section 4.1: Certificate, TBSCertificate */
function certificatePem(request: CertificateRequest, issuer: Issuer): string {
  const algorithm = der.sequence(der.objectIdentifier(oid.ecdsaWithSha256));
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notBefore.getUTCFullYear() + request.validYears);

  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    der.integer(randomBytes(16)),
    algorithm,
    issuer.name,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    request.subject,
    request.publicKey.export({ type: "spki", format: "der" }),
    der.explicit(
      3,
      der.sequence(
        ...request.extensions,
        extension(oid.subjectKeyIdentifier, der.octetString(keyId(request.publicKey))),
        extension(oid.authorityKeyIdentifier, der.sequence(der.implicit(0, issuer.keyId))),
      ),
    ),
  );
  const signature = sign("sha256", toBeSigned, issuer.privateKey);
  const certificate = der.sequence(toBeSigned, algorithm, der.bitString(signature));
  const lines = certificate.toString("base64").match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const flag = isCritical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(id), ...flag, der.octetString(value));
}

function distinguishedName({ commonName, organizations }: ClientIdentity): Buffer {
  const attribute = (id: string, value: string): Buffer =>
    der.setOf(der.sequence(der.objectIdentifier(id), der.utf8String(value)));
  return der.sequence(
    ...organizations.map((organization) => attribute(oid.organization, organization)),
    attribute(oid.commonName, commonName),
  );
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pem(privateKey: KeyObject): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function keyId(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}
