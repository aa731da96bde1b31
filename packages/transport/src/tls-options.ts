/** The versions of TLS, in the words of Node. */
export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** A value, or a function that is asked for it anew for each connection. */
export type Fresh<Value> = Value | (() => Value | Promise<Value>);

/** PEM text, or the bytes of a PEM or DER file. */
export type TlsBytes = string | Uint8Array;

/** A context of `tls.createSecureContext()` of Node. */
export interface SecureContextLike {
  /** OpenSSL's part of it. */
  readonly context: unknown;
}

/**
 * How a TLS connection is made. Files are read anew for each connection, and functions called, so that a certificate
 * that was renewed meanwhile is used by the next attempt.
 */
export interface TlsOptions {
  /** Certificates of the authorities to trust, instead of Node's own list. PEM may hold several. */
  readonly ca?: Fresh<TlsBytes | readonly TlsBytes[]> | undefined;
  /** A file with the certificates of authorities, as {@link ca}. */
  readonly caFile?: string | undefined;
  /** A folder whose files hold the certificates of authorities, as {@link ca}. */
  readonly caPath?: string | undefined;
  /** The client's own certificate, followed by those of its intermediate authorities. */
  readonly cert?: Fresh<TlsBytes> | undefined;
  /** A file with the client's certificate, as {@link cert}. */
  readonly certFile?: string | undefined;
  /** The private key of {@link cert}. */
  readonly key?: Fresh<TlsBytes> | undefined;
  /** A file with the private key, as {@link key}. */
  readonly keyFile?: string | undefined;
  /** Opens {@link key} or {@link pfx} when it is encrypted. */
  readonly passphrase?: Fresh<string> | undefined;
  /** The client's certificate and key in one, as PKCS#12. */
  readonly pfx?: Fresh<Uint8Array> | undefined;
  /** A file with both, as {@link pfx}. */
  readonly pfxFile?: string | undefined;
  /** Lists of certificates that their authorities have revoked. With one, every authority in the chain needs its own. */
  readonly crl?: Fresh<TlsBytes | readonly TlsBytes[]> | undefined;
  /** A file with the lists, as {@link crl}. */
  readonly crlFile?: string | undefined;
  /** Protocols to offer to the server (ALPN), such as `["mqtt"]`. A server without ALPN takes no notice. */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** Cipher suites in OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string | undefined;
  /** The oldest version to accept. Default: `"TLSv1.2"`. */
  readonly minVersion?: TlsVersion | undefined;
  /** The newest version to use. Default: Node's, `"TLSv1.3"`. */
  readonly maxVersion?: TlsVersion | undefined;
  /** The name to ask the server for (SNI), and to find in its certificate. Default: the target's host. */
  readonly servername?: string | undefined;
  /** `false` takes any certificate, of anybody: then nobody knows who reads along. Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** `false` takes a certificate of another host if an authority has signed it. Default: true. */
  readonly checkHostname?: boolean | undefined;
  /** A context of `tls.createSecureContext()`, instead of the certificates, keys, ciphers and versions above. */
  readonly secureContext?: Fresh<SecureContextLike> | undefined;
  /** Whether a further connection resumes the TLS session of the last one, which is faster. Default: true. */
  readonly resumeSession?: boolean | undefined;
}
