/** MQTT 3.x CONNACK return code (the index) → Reason Code (table 3.1 of MQTT 3.1.1). */
const REASON_CODES: readonly number[] = [
  0x00, // accepted
  0x84, // unsupported protocol version
  0x85, // client identifier not valid
  0x88, // server unavailable
  0x86, // bad user name or password
  0x87, // not authorized
];

/** The Reason Code that an MQTT 3.x CONNACK return code (0 to 5) stands for; undefined for a reserved one. */
export function reasonCodeOfReturnCode(returnCode: number): number | undefined {
  return REASON_CODES[returnCode];
}

/** The MQTT 3.x CONNACK return code for a Reason Code; undefined where 3.x has none. */
export function returnCodeOfReasonCode(reasonCode: number): number | undefined {
  const returnCode = REASON_CODES.indexOf(reasonCode);
  return returnCode === -1 ? undefined : returnCode;
}
