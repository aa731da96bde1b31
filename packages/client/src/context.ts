import { Deferred } from "./deferred.ts";
import type { Publication } from "./publication.ts";

/** A SUBSCRIBE or UNSUBSCRIBE whose answer is awaited: its reason codes. */
export class Request extends Deferred<readonly number[]> {}

/** A PINGREQ whose answer is awaited: its round trip in milliseconds. */
export class Ping extends Deferred<number> {}

/** What a command leaves with the session, to get its outcome back. */
export type Context = Publication | Request | Ping;
