// The clients side by side. Each connects, and then does a case `count` times; MQTT.js has no backpressure and no
// iterators, so it does what its documentation shows: callbacks, with as many publishes under way as Petrel has.

const TOPIC = "bench/topic";
const PAYLOAD = new Uint8Array(40).fill(0x78);
/** Publishes under way at once, for both. */
const UNDER_WAY = 1_000;

export const CLIENTS = { petrel, "MQTT.js": mqttJs };
export const MODULES = { petrel: "@petrel/client", "MQTT.js": "mqtt" };

async function petrel(url, options = {}) {
  const { connect } = await import("@petrel/client");
  const client = await connect(url, { maximumInflight: UNDER_WAY, queue: { messages: 100_000 }, ...options });
  return {
    publish: async (qos, count) => {
      for (let index = 1; index < count; index++) {
        if (!client.writable) await client.drained();
        const publication = client.publish(TOPIC, PAYLOAD, { qos });
        if (index % UNDER_WAY === 0) await publication; // gives the event loop its turn, as any program does
      }
      await client.publish(TOPIC, PAYLOAD, { qos });
    },
    publishAwaited: async (qos, count) => {
      let begun = 0;
      const worker = async () => {
        while (begun < count) {
          begun++;
          await client.publish(TOPIC, PAYLOAD, { qos });
        }
      };
      await Promise.all(Array.from({ length: UNDER_WAY }, worker));
    },
    receive: async (how, qos, order, count) => {
      if (how === "handler") {
        await client.subscribe("bench/+", { qos: 1 }, count);
        return void client.publish(order);
      }
      const subscription = await client.subscribe("bench/+", { qos: 1 });
      client.publish(order);
      if (how === "batches") for await (const batch of subscription.batches()) for (const _ of batch) count();
      else for await (const _ of subscription) count();
    },
    listen: (topic, qos, onMessage) => client.subscribe(topic, { qos }, onMessage),
    send: (topic, qos) => void client.publish(topic, PAYLOAD, { qos }),
    close: () => client.disconnect({ drain: 1_000 }),
  };
}

async function mqttJs(url, options = {}) {
  const { default: mqtt } = await import("mqtt");
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, ...options });
  return {
    publish: (qos, count) =>
      new Promise((resolve, reject) => {
        let begun = 0;
        let done = 0;
        const next = () => {
          begun++;
          client.publish(TOPIC, PAYLOAD, { qos }, settled);
        };
        const settled = (error) => {
          if (error) reject(error);
          else if (++done === count) resolve();
          else if (begun < count) next();
        };
        for (let index = 0; index < UNDER_WAY; index++) next();
      }),
    publishAwaited: async (qos, count) => {
      let begun = 0;
      const worker = async () => {
        while (begun < count) {
          begun++;
          await client.publishAsync(TOPIC, PAYLOAD, { qos });
        }
      };
      await Promise.all(Array.from({ length: UNDER_WAY }, worker));
    },
    receive: async (_how, _qos, order, count) => {
      client.on("message", count);
      await client.subscribeAsync("bench/+", { qos: 1 });
      client.publish(order);
    },
    listen: (topic, qos, onMessage) => {
      client.on("message", onMessage);
      return client.subscribeAsync(topic, { qos });
    },
    send: (topic, qos) => void client.publish(topic, PAYLOAD, { qos }),
    close: () => client.endAsync(),
  };
}
