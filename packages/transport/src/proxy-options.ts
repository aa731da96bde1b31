import type { TlsOptions } from "./tls-options.ts";

/** A proxy of any kind. */
export interface ProxyOptions {
  /**
   * `socks5h://user:password@host:1080`, with one of the schemes `socks4` `socks4a` `socks5` `socks5h` `http` `https`.
   * `socks` is `socks5h`. `socks4` and `socks5` look the server's name up here, the others let the proxy do it.
   * Credentials are percent-decoded. Default ports: 1080 for SOCKS, 80 for `http`, 443 for `https`.
   */
  readonly url: string;
  /** Instead of the URL's. */
  readonly username?: string | undefined;
  /** Instead of the URL's. */
  readonly password?: string | undefined;
  /** Headers to add to an HTTP proxy's request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For a proxy that is itself spoken to over TLS, `https`. */
  readonly tls?: TlsOptions | undefined;
}
