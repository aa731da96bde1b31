// dist/index.d.ts

export { FaultLink, type FaultLinkOptions } from "./fault-link.ts";
export { ManualClock } from "./manual-clock.ts";
export { type AcceptOptions, type DirectPeer, type Link, ScriptedServer, type ScriptedServerOptions, } from "./scripted-server.ts";

// dist/fault-link.d.ts

export interface FaultLinkOptions {
    /** Bytes arrive in pieces of at most this many. Default: as they were written. */
    readonly chunkSize?: number | undefined;
    /** Everything takes this long, one way; needs `clock`. Default: no time. */
    readonly latencyMs?: number | undefined;
    /** Whose time `latencyMs` is. */
    readonly clock?: {
        now(): number;
        timer(at: number, run: () => void): unknown;
    } | undefined;
    /** The link is cut once this many bytes were sent in a direction: they arrive, the next one does not. */
    readonly cutAfter?: {
        readonly toServer?: number | undefined;
        readonly toClient?: number | undefined;
    } | undefined;
}
/**
 * A connection in memory on which things go wrong when the test wants it: bytes come in pieces, late, or not at all.
 * Give it to a `ScriptedServer` (`link: () => new FaultLink(…)`), or join two ends of your own.
 */
export declare class FaultLink {
    #private;
    /** Connects the client's end. */
    readonly client: Connector;
    constructor(options?: FaultLinkOptions);
    /** Connects the server's end, at once. */
    accept(handler: TransportHandler): Transport;
    /** Cuts the link now: both ends see a reset. */
    cut(): void;
    /** From now on nothing arrives any more, and nobody is told: the other side lost its power, or a router its memory. */
    silence(): void;
}

// dist/manual-clock.d.ts

/**
 * Time and later-ness by hand: nothing happens until the test says so, and always in the same order. It fits wherever
 * a clock with `now`, `wall`, `microtask` and `timer` is taken; milliseconds throughout.
 */
export declare class ManualClock {
    #private;
    /** @param now where time starts; default 0 */
    constructor(now?: number);
    now(): number;
    /** The time for people, in milliseconds since 1970: here it begins then. */
    wall(): number;
    /** Runs a function when microtasks are next flushed: by {@link flush}, {@link advance} or {@link settle}. */
    microtask(run: () => void): void;
    /** Runs a function when time has reached `at`; one in the past runs with the next {@link advance}, even of 0. */
    timer(at: number, run: () => void): {
        clear(): void;
    };
    /** Timers that have neither run nor been cleared: 0 means that nothing was left behind. */
    get pendingTimers(): number;
    /** When the next timer is due. */
    get nextTimer(): number | undefined;
    /** Runs microtasks until there are none. */
    flush(): void;
    /** Lets time pass: every timer that becomes due runs at its own time, in order, with its microtasks before the next. */
    advance(ms: number): void;
    /** The machine sleeps: all this time passes at once, then what should have run meanwhile runs, late. */
    sleep(ms: number): void;
    /** Runs microtasks, of this clock and of promises, until all is quiet. No time passes. */
    settle(): Promise<void>;
    /** As {@link advance}, for code that awaits: promises {@link settle} between timers. */
    elapse(ms: number): Promise<void>;
}

// dist/scripted-server.d.ts

/** What a {@link ScriptedServer} can talk to without anything in between; a session of `@petrel/session` is one. */
export interface DirectPeer {
    handleOpen(now: number): void;
    handleBytes(bytes: Uint8Array, now: number): void;
    handleClose(now: number, cause?: Error): void;
    takeOutput(): Uint8Array | undefined;
}
/** A connection in the making: the client's end and the server's. A memory pair is one, and so is a fault link. */
export interface Link {
    readonly client: Connector;
    accept(handler: TransportHandler): Transport;
}
export interface ScriptedServerOptions {
    /** Needed only to send something before a CONNECT has told the version. Default 5. */
    readonly protocolVersion?: ProtocolVersion | undefined;
    /** Answer everything politely unless the script says otherwise. Default false: answer nothing. */
    readonly automatic?: boolean | undefined;
    /** The link for the next connection of {@link ScriptedServer.connector}. Default: a memory pair. */
    readonly link?: (() => Link) | undefined;
}
/** What CONNACK says: 5.0 takes all of it, 3.x only Session Present. */
export interface AcceptOptions extends ConnackProperties {
    readonly sessionPresent?: boolean | undefined;
}
/**
 * An MQTT server that says what the test tells it to, in packets. It talks to a session directly ({@link attach}), or
 * to a client through its {@link connector}; one connection at a time.
 *
 * ```ts
 * const server = new ScriptedServer();
 * server.accept();                                   // answers the CONNECT that came, or the next one
 * server.send({ type: "publish", topicName: "a", payload: "1" });
 * server.received();                                 // the packets that came on this connection
 * server.lose();                                     // the network is gone
 * ```
 */
export declare class ScriptedServer {
    #private;
    /** Answer everything politely unless the script says otherwise. */
    automatic: boolean;
    constructor(options?: ScriptedServerOptions);
    /** Where a client connects to; each call opens another connection and drops the one before. */
    readonly connector: Connector;
    /** Talks to `peer` directly, at the time of `clock`. Connect with {@link open} or {@link accept}. */
    attach(peer: DirectPeer, clock: {
        now(): number;
    }): void;
    /** Opens a connection to the attached peer; nothing is answered yet. */
    open(): void;
    /** Whether there is a connection. */
    get connected(): boolean;
    /** Connections so far, the current one included. */
    get connections(): number;
    /**
     * Answers CONNECT with success: the one that came, else the next one; several scripted answers are used in turn. An
     * attached peer without a connection is connected first.
     */
    accept(options?: AcceptOptions): void;
    /** As {@link accept}, but refuses with a Reason Code (of 5.0, in every version) and ends the connection. */
    refuse(reasonCode: number): void;
    /** Sends packets, in one chunk. */
    send(...packets: readonly PacketInit[]): void;
    /** Sends any bytes, be they MQTT or not. */
    sendBytes(bytes: Uint8Array): void;
    /** The network breaks: both sides see an error. Output that an attached peer holds is lost. */
    lose(cause?: Error): void;
    /** Ends the network connection politely, without a word of MQTT. */
    close(): void;
    /** All packets of the current connection, or of the last one; CONNECT included. */
    received(): readonly Packet[];
    /** The packets of the current connection, or of the last one, that were not taken before. */
    takeReceived(): readonly Packet[];
}

// dist/arbitraries.d.ts

/**
 * `@petrel/testing/arbitraries`: generators of packets for fast-check: every type that a version has, with all it may
 * carry. Packets are generated as a program would write them, so fields that have a default are left out now and then.
 */
import fc from "fast-check";
import { type Packet, type PacketInit, type PacketTypeName, type ProtocolVersion } from "@petrel/codec";
/** A topic name: no wildcards, and never empty. */
export declare function topicName(): fc.Arbitrary<string>;
/** A filter that is valid in every version, or, for 5.0, also a Shared Subscription. */
export declare function topicFilter(version: ProtocolVersion): fc.Arbitrary<string>;
/** Packets of one type, as programs write them. */
export declare function packetOfType(type: PacketTypeName, version: ProtocolVersion): fc.Arbitrary<PacketInit>;
/** The packet types that a version has. */
export declare function packetTypes(version: ProtocolVersion): readonly PacketTypeName[];
/** Packets of all types, as programs write them. */
export declare function anyPacket(version: ProtocolVersion): fc.Arbitrary<PacketInit>;
/** What the receiver of a packet makes of it: the same with its defaults filled in. */
export declare function withDefaults(init: PacketInit, version: ProtocolVersion): Packet;
