import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { TransportError, type TransportErrorCode } from "../errors.ts";

interface Failure {
  readonly code: TransportErrorCode;
  /** The sentence; `why` is OpenSSL's code. */
  readonly says: (place: string, why: string) => string;
}

const notTls: Failure = {
  code: "PETREL_TRANSPORT_NOT_TLS",
  says: (place, why) =>
    `${place} answers, but not in TLS (${why}); is it a port for connections without TLS, such as mqtt:// or ws://?`,
};
const wantsCertificate: Failure = {
  code: "PETREL_TRANSPORT_CLIENT_CERTIFICATE",
  says: (place, why) => `${place} lets in only clients with a certificate (${why}); give one, with cert and key`,
};
const noCommonVersion: Failure = {
  code: "PETREL_TRANSPORT_TLS_REFUSED",
  says: (place, why) => `${place} speaks no TLS version that is allowed here (${why}); see minVersion and maxVersion`,
};
const noCommonProtocol: Failure = {
  code: "PETREL_TRANSPORT_TLS_REFUSED",
  says: (place, why) => `${place} speaks none of the protocols in alpnProtocols (${why})`,
};
const unknownName: Failure = {
  code: "PETREL_TRANSPORT_TLS_REFUSED",
  says: (place, why) => `${place} does not know the name that was asked for (${why}); see servername`,
};
const refusesCertificate = (what: string): Failure => ({
  code: "PETREL_TRANSPORT_CLIENT_CERTIFICATE",
  says: (place, why) => `${place} refuses this client's certificate: ${what} (${why}); check cert and key`,
});
const handshakeFailed: Failure = {
  code: "PETREL_TRANSPORT_TLS_REFUSED",
  says: (place, why) =>
    `${place} found no cipher in common, or wants a certificate of this client (${why}); see ciphers, cert and key`,
};

const nothingAllowed: Failure = {
  code: "PETREL_TRANSPORT_TLS_REFUSED",
  says: (place, why) =>
    `OpenSSL has nothing left to offer to ${place} (${why}); minVersion, maxVersion and ciphers leave only what it holds unsafe`,
};

/** What the codes of TLS alerts and of OpenSSL mean, without their `ERR_SSL_`. */
const FAILURES: ReadonlyMap<string, Failure> = new Map([
  ["WRONG_VERSION_NUMBER", notTls],
  ["PACKET_LENGTH_TOO_LONG", notTls],
  ["RECORD_TOO_SMALL", notTls],
  ["HTTP_REQUEST", notTls],
  ["TLSV13_ALERT_CERTIFICATE_REQUIRED", wantsCertificate],
  ["SSLV3_ALERT_NO_CERTIFICATE", wantsCertificate],
  ["SSLV3_ALERT_HANDSHAKE_FAILURE", handshakeFailed],
  ["SSLV3_ALERT_BAD_CERTIFICATE", refusesCertificate("it is broken, or not accepted")],
  ["SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", refusesCertificate("it is of a kind, or for a purpose, not accepted there")],
  ["SSLV3_ALERT_CERTIFICATE_REVOKED", refusesCertificate("it was revoked")],
  ["SSLV3_ALERT_CERTIFICATE_EXPIRED", refusesCertificate("it has expired, or is not valid yet")],
  ["SSLV3_ALERT_CERTIFICATE_UNKNOWN", refusesCertificate("for a reason it does not tell")],
  ["TLSV1_ALERT_UNKNOWN_CA", refusesCertificate("its authority is not trusted there")],
  ["TLSV1_ALERT_ACCESS_DENIED", refusesCertificate("it is valid, but has no access")],
  ["TLSV1_ALERT_DECRYPT_ERROR", refusesCertificate("its signature does not verify")],
  ["TLSV1_ALERT_PROTOCOL_VERSION", noCommonVersion],
  ["UNSUPPORTED_PROTOCOL", noCommonVersion],
  ["VERSION_TOO_LOW", noCommonVersion],
  ["NO_PROTOCOLS_AVAILABLE", nothingAllowed],
  ["NO_CIPHERS_AVAILABLE", nothingAllowed],
  ["TLSV1_ALERT_NO_APPLICATION_PROTOCOL", noCommonProtocol],
  ["TLSV1_UNRECOGNIZED_NAME", unknownName],
]);

const PREFIX = "ERR_SSL_";

interface OpensslError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

/** Whether an error came from TLS, and not from the stream below. */
export function isTlsError(error: Error): boolean {
  return (error as OpensslError).code?.startsWith(PREFIX) === true;
}

/**
 * Says why TLS failed. It may do so after the handshake: in TLS 1.3 a server judges the client's certificate when the
 * client is through already (RFC 8446, section 4.4.2.4).
 */
export function tlsError(error: Error, place: string): TransportError {
  const { code = error.name, reason = error.message } = error as OpensslError;
  const why = code.startsWith(PREFIX) ? code.slice(PREFIX.length) : code;
  const failure = FAILURES.get(why);
  const message = failure?.says(place, why) ?? `TLS with ${place} failed (${why}): ${reason}`;
  return new TransportError(message, {
    stage: "tls",
    code: failure?.code ?? "PETREL_TRANSPORT_FAILED",
    cause: error,
  });
}

/**
 * The stream broke between the handshake and the server's first byte. When that happens while the client writes, the
 * alert that tells why is lost unread.
 */
export function afterHandshakeError(error: Error, place: string): TransportError {
  const why = (error as OpensslError).code ?? error.name;
  const message =
    `${place} dropped the connection right after the TLS handshake (${why}); it may want a certificate of this ` +
    "client, or refuse the one it got: see cert and key";
  return new TransportError(message, { stage: "tls", code: "PETREL_TRANSPORT_RESET", cause: error });
}

/** The stream ended, or broke, before the handshake was done. */
export function handshakeCutError(error: Error | undefined, place: string): TransportError {
  const { code: why = "closed" }: OpensslError = error ?? new Error();
  const message =
    `${place} ended the connection during the TLS handshake (${why}); does it speak TLS on this port, ` +
    "and does it accept this client's certificate, if it wants one?";
  return new TransportError(message, { stage: "tls", code: "PETREL_TRANSPORT_RESET", cause: error });
}

/**
 * Says why the server's certificate is not accepted: which one of its chain, why, and how long it is valid.
 *
 * @param cause Node's verdict; its code is OpenSSL's
 * @param hostname what the certificate should have been for
 */
export function certificateError(socket: TLSSocket, cause: Error, place: string, hostname: string): TransportError {
  const why = (cause as OpensslError).code ?? cause.name;
  const chain = chainOf(socket.getPeerX509Certificate());
  const now = Date.now();
  const certificate = blamed(chain, why, now);
  const isLeaf = certificate === chain[0];
  const who = certificate === undefined ? "" : `, "${nameOf(certificate)}",`;
  const what = isLeaf ? `the certificate of ${place}${who}` : `an authority in the certificate chain of ${place}${who}`;
  const message = `${what} ${verdict(why, certificate, hostname, now)} (${why})`;
  return new TransportError(message, { stage: "tls", code: "PETREL_TRANSPORT_UNTRUSTED", cause });
}

function verdict(why: string, certificate: X509Certificate | undefined, hostname: string, now: number): string {
  if (certificate === undefined) return "is missing";
  const until = `valid until ${dateOf(certificate.validTo)}`;
  switch (why) {
    case "CERT_HAS_EXPIRED":
      return `expired on ${dateOf(certificate.validTo)}; it has to be renewed on the server`;
    case "CERT_NOT_YET_VALID":
      return `is not valid before ${dateOf(certificate.validFrom)}; this machine's clock says ${timeOf(now)}, is it right?`;
    case "CERT_REVOKED":
      return `was revoked by "${issuerOf(certificate)}"; the server needs a new one`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `is for ${hostsOf(certificate)}, not for ${hostname}, and ${until}; connect by one of its names, or see servername and checkHostname`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return `is self-signed, and ${until}; if it is the right one, give it as ca`;
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return `is self-signed and not trusted here, and ${until}; if it is the right one, give it as ca`;
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return (
        `is from "${issuerOf(certificate)}", who is not trusted here, and ${until}; give that authority as ca, ` +
        "or let the server send the certificates in between"
      );
    case "INVALID_PURPOSE":
      return `is not for servers, and ${until}; the server needs one with the purpose serverAuth`;
    case "UNABLE_TO_GET_CRL":
      return `is from "${issuerOf(certificate)}", whose list of revoked certificates is not in crl`;
    case "CRL_HAS_EXPIRED":
      return `is from "${issuerOf(certificate)}", whose list of revoked certificates in crl is too old`;
    default:
      return `is not accepted, and ${until}`;
  }
}

/** OpenSSL tells what is wrong, but not with which certificate of the chain. */
function blamed(chain: readonly X509Certificate[], why: string, now: number): X509Certificate | undefined {
  switch (why) {
    case "CERT_HAS_EXPIRED":
      return chain.find(({ validTo }) => Date.parse(validTo) < now) ?? chain[0];
    case "CERT_NOT_YET_VALID":
      return chain.find(({ validFrom }) => Date.parse(validFrom) > now) ?? chain[0];
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_GET_CRL":
      return chain.at(-1);
    default:
      return chain[0];
  }
}

/** From the server's own to the last that it sent or that is trusted here. */
function chainOf(certificate: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  for (let next = certificate; next !== undefined && !seen.has(next.fingerprint256); next = next.issuerCertificate) {
    seen.add(next.fingerprint256);
    chain.push(next);
  }
  return chain;
}

/** Its subject on one line; where that is empty, the names it is for. */
export function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return printable(subject) || printable(subjectAltName) || "without a name";
}

function issuerOf({ issuer }: X509Certificate): string {
  return printable(issuer) || "an authority without a name";
}

function hostsOf(certificate: X509Certificate): string {
  return printable(certificate.subjectAltName) || `no host ("${nameOf(certificate)}")`;
}

/** What a stranger wrote, as far as it fits in an error message: the types for a line each, and nothing invisible. */
function printable(text: string | undefined): string {
  const line = (text ?? "")
    .trim()
    .replaceAll(/\s*\n\s*/g, ", ")
    .replaceAll(/\p{C}/gu, "?");
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`;
}

/** `Feb  1 00:00:00 2020 GMT` as `2020-02-01T00:00:00Z`. */
function dateOf(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? date : timeOf(time);
}

function timeOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, "");
}
