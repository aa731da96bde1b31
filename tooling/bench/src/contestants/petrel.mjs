import { createDecoder, createWriter, encodePacket } from "@petrel/codec";
import { BATCH } from "../sink.mjs";

export const name = "petrel";

export function create(version) {
  const writer = createWriter({ version });
  const decoder = createDecoder({ version });
  return {
    input: (packet) => packet,
    encoders: {
      writer(packets, sink) {
        for (let from = 0; from < packets.length; from += BATCH) {
          const end = Math.min(from + BATCH, packets.length);
          for (let index = from; index < end; index++) writer.write(packets[index]);
          for (let chunk = writer.take(); chunk !== undefined; chunk = writer.take()) sink.keep(chunk);
        }
      },
      encodePacket(packets, sink) {
        for (const packet of packets) sink.keep(encodePacket(packet, version));
      },
    },
    decoders: {
      decoder(chunks, sink) {
        for (const chunk of chunks) {
          decoder.push(chunk);
          for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) sink.keep(packet);
        }
      },
    },
    output: (packet) => packet,
  };
}
