import type { StreamCutter, StreamDialect, StreamPart } from '@puente/integrations/contract-suite';

const END = Buffer.from('\r\n.\r\n');

/** SMTP for the contract suite's line: what is broken is the end of a mail's content, and RSET, and not what comes before. */
export const smtpDialect: StreamDialect = {
  scheme: 'smtp:',
  fromClient: () => {
    let isContent = false;
    return cutter((rest) => {
      if (!isContent) {
        const line = lineOf(rest);
        if (line === undefined) return [];
        isContent = /^DATA\r\n$/i.test(line.toString());
        return [{ bytes: line, counts: /^RSET\r\n$/i.test(line.toString()) }];
      }
      const at = rest.indexOf(END);
      if (at < 0) return [];
      isContent = false;
      const end = { bytes: rest.subarray(at, at + END.length), counts: true };
      return at === 0 ? [end] : [{ bytes: rest.subarray(0, at), counts: false }, end];
    });
  },
  fromServer: () =>
    cutter((rest) => {
      const reply = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(rest.toString('latin1'))?.[0];
      return reply === undefined ? [] : [{ bytes: rest.subarray(0, reply.length), counts: true }];
    }),
  garbage: Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<body>Welcome to the hotel network</body>'),
  flood: Buffer.from(`250-${'x'.repeat(59)}\r\n`),
  drip: { head: Buffer.from('250-'), filler: Buffer.from('x') },
};

function cutter(next: (rest: Buffer) => readonly StreamPart[]): StreamCutter {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const parts: StreamPart[] = [];
    for (let cut = next(rest); cut.length > 0; cut = next(rest)) {
      parts.push(...cut);
      rest = rest.subarray(cut.reduce((sum, part) => sum + part.bytes.length, 0));
    }
    return parts;
  };
}

function lineOf(rest: Buffer): Buffer | undefined {
  const at = rest.indexOf('\r\n');
  return at < 0 ? undefined : rest.subarray(0, at + 2);
}
