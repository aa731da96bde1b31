import { TransportError, type TransportErrorCode } from "../errors.ts";
import { isTlsError, tlsError } from "./tls-error.ts";
import { formatTarget, type DialTarget } from "./target.ts";

interface Failure {
  readonly code: TransportErrorCode;
  /** The sentence; `why` is the system's code, and which address said it. */
  readonly says: (place: string, why: string) => string;
}

const refused: Failure = {
  code: "PETREL_TRANSPORT_REFUSED",
  says: (place, why) =>
    `nothing listens on ${place} (connection refused, ${why}); is the server running, and is this its port?`,
};
const noSuchSocket: Failure = {
  code: "PETREL_TRANSPORT_REFUSED",
  says: (place, why) => `there is no socket at ${place} (${why}); is the server running, and is this its path?`,
};
const nameNotFound: Failure = {
  code: "PETREL_TRANSPORT_HOST_NOT_FOUND",
  says: (place, why) => `the name ${place} does not exist (DNS: ${why}); check the host name`,
};
const nameServerSilent: Failure = {
  code: "PETREL_TRANSPORT_DNS_UNAVAILABLE",
  says: (place, why) =>
    `the name ${place} could not be looked up (DNS: ${why}); is this machine online, and does its name server answer?`,
};
const noAnswer: Failure = {
  code: "PETREL_TRANSPORT_TIMED_OUT",
  says: (place, why) =>
    `${place} did not answer (${why}); check the address, and whether a firewall drops packets to it`,
};
const forbidden: Failure = {
  code: "PETREL_TRANSPORT_FORBIDDEN",
  says: (place, why) => `this process may not connect to ${place} (${why}); check its permissions and the firewall`,
};
const unreachable: Failure = {
  code: "PETREL_TRANSPORT_UNREACHABLE",
  says: (place, why) => `there is no route to ${place} (${why}); check the address and this machine's network`,
};
const localAddress: Failure = {
  code: "PETREL_TRANSPORT_LOCAL_ADDRESS",
  says: (place, why) =>
    `can not connect to ${place} from the local address and port chosen (${why}); check localAddress and localPort`,
};
const droppedWhileConnecting: Failure = {
  code: "PETREL_TRANSPORT_RESET",
  says: (place, why) => `${place} dropped the connection while it was being opened (${why}); try again`,
};

/** What the system's codes mean while connecting. When the addresses of one host differ, the first here is reported. */
const CONNECT_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ["ECONNREFUSED", refused],
  ["ENOENT", noSuchSocket],
  ["ECONNRESET", droppedWhileConnecting],
  ["ECONNABORTED", droppedWhileConnecting],
  ["ETIMEDOUT", noAnswer],
  ["EACCES", forbidden],
  ["EPERM", forbidden],
  ["EHOSTUNREACH", unreachable],
  ["ENETUNREACH", unreachable],
  ["EADDRINUSE", localAddress],
  ["EADDRNOTAVAIL", localAddress],
  ["ENOTFOUND", nameNotFound],
  ["EAI_AGAIN", nameServerSilent],
]);

const reset: Failure = {
  code: "PETREL_TRANSPORT_RESET",
  says: (place, why) =>
    `the connection to ${place} was reset (${why}); the server dropped it, or something in between did`,
};
const noReader: Failure = {
  code: "PETREL_TRANSPORT_RESET",
  says: (place, why) => `${place} takes no more bytes (${why}); the server has closed the connection`,
};
const fellSilent: Failure = {
  code: "PETREL_TRANSPORT_TIMED_OUT",
  says: (place, why) => `${place} stopped answering (${why}); the server or the network in between is gone`,
};
const lostRoute: Failure = {
  code: "PETREL_TRANSPORT_UNREACHABLE",
  says: (place, why) => `the route to ${place} was lost (${why}); check this machine's network`,
};

/** What the system's codes mean on a connection that stood. */
const STREAM_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ["ECONNRESET", reset],
  ["ECONNABORTED", reset],
  ["EPIPE", noReader],
  ["ETIMEDOUT", fellSilent],
  ["EHOSTUNREACH", lostRoute],
  ["ENETUNREACH", lostRoute],
  ["ENETDOWN", lostRoute],
]);

/** Says why connecting failed. The errors of several addresses, which Node collects in one, are told apart. */
export function connectError(error: Error, target: DialTarget): TransportError {
  const errors = causesOf(error);
  const ranked = [...CONNECT_FAILURES].find(([code]) => errors.some((inner) => inner.code === code));
  const atName = errors.some((inner) => inner.syscall === "getaddrinfo");
  const place = atName && target.host !== undefined ? target.host : formatTarget(target);
  const stage = atName ? "dns" : "connect";
  const failure = ranked?.[1] ?? (atName ? nameServerSilent : undefined);
  const why = reasonsOf(errors, target);
  if (failure !== undefined) {
    return new TransportError(failure.says(place, why), { stage, code: failure.code, cause: error });
  }
  const message = `can not connect to ${place} (${why}): ${error.message}`;
  return new TransportError(message, { stage, code: "PETREL_TRANSPORT_FAILED", cause: error });
}

/** Says why a connection that stood broke. */
export function streamError(error: Error, place: string): TransportError {
  if (isTlsError(error)) return tlsError(error, place);
  const why = (error as SystemError).code ?? error.name;
  const failure = STREAM_FAILURES.get(why);
  const message = failure?.says(place, why) ?? `the connection to ${place} failed (${why}): ${error.message}`;
  return new TransportError(message, {
    stage: "stream",
    code: failure?.code ?? "PETREL_TRANSPORT_FAILED",
    cause: error,
  });
}

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
}

/** Happy Eyeballs fails with an AggregateError: one error for each address that was tried. */
function causesOf(error: Error): readonly SystemError[] {
  return error instanceof AggregateError && error.errors.length > 0 ? (error.errors as SystemError[]) : [error];
}

/** `ECONNREFUSED at ::1 and 127.0.0.1`; the addresses are left out where they are the target itself. */
function reasonsOf(errors: readonly SystemError[], target: DialTarget): string {
  const addresses = new Map<string, string[]>();
  for (const { code, name, address } of errors) {
    const key = code ?? name;
    const list = addresses.get(key) ?? [];
    if (address !== undefined && address !== target.host && address !== target.path) list.push(address);
    addresses.set(key, list);
  }
  const reasons = [...addresses].map(([code, list]) => (list.length === 0 ? code : `${code} at ${list.join(" and ")}`));
  return reasons.join(", ");
}
