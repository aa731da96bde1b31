import { InvalidAddressError } from "../errors.ts";

/** Where a connection is to lead: a TCP port of a host, or the path of a Unix socket (on Windows: a named pipe). */
export type DialTarget =
  | {
      /** A name or an address; IPv6 without brackets. */
      readonly host: string;
      /** 1 to 65,535. */
      readonly port: number;
      readonly path?: undefined;
    }
  | { readonly path: string; readonly host?: undefined; readonly port?: undefined };

/** The target as people write it: `host:1883`, `[::1]:1883`, `/run/mqtt.sock`. */
export function formatTarget(target: DialTarget): string {
  if (target.path !== undefined) return target.path;
  return target.host.includes(":") ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}

/** Throws {@link InvalidAddressError} for a target that nothing can listen on. */
export function checkTarget(target: DialTarget): void {
  if (target.path !== undefined) {
    if (target.path === "") throw new InvalidAddressError("path", "the path of the Unix socket is empty");
    return;
  }
  if (typeof target.host !== "string" || target.host === "") {
    throw new InvalidAddressError("host", "no host given; to connect to this machine, it is localhost");
  }
  if (!Number.isInteger(target.port) || target.port < 1 || target.port > 65_535) {
    throw new InvalidAddressError("port", `the port is ${target.port}; it is a whole number from 1 to 65535`);
  }
}
