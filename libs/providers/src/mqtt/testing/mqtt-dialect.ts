import type { StreamCutter, StreamDialect, StreamPart } from '@puente/integrations/contract-suite';

const [PUBLISH, PUBACK, PINGREQ, PINGRESP] = [3, 4, 12, 13] as const;

/** MQTT for the contract suite's line: what is broken is messages and pings, and not what comes before them. */
export const mqttDialect: StreamDialect = {
  scheme: 'mqtt:',
  fromClient: () => mqttPackets([PUBLISH, PINGREQ]),
  fromServer: () => mqttPackets([PUBACK, PINGRESP]),
  garbage: Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<body>Welcome to the hotel network</body>'),
  flood: Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), // a message of 256 MiB
  drip: { head: Buffer.from([0x30, 0xe0, 0xd4, 0x03]), filler: Buffer.alloc(1) }, // one of 60,000 bytes
};

export function mqttPackets(counting: readonly number[]): StreamCutter {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const parts: StreamPart[] = [];
    for (let length = packetLength(rest); length > 0 && length <= rest.length; length = packetLength(rest)) {
      parts.push({ bytes: rest.subarray(0, length), counts: counting.includes((rest[0] ?? 0) >> 4) });
      rest = rest.subarray(length);
    }
    return parts;
  };
}

/** Fixed header and all; 0 while it cannot be told. */
function packetLength(bytes: Buffer): number {
  let value = 0;
  for (let at = 1; at < Math.min(bytes.length, 5); at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return at + 1 + value;
  }
  return 0;
}
