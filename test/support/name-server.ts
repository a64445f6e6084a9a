import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** The addresses of a name; a code of DNS such as 3 (no such name); or null for a name that is never answered. */
export type Answer = readonly string[] | number | null;

const TYPES = { A: 1, AAAA: 28 } as const;
type RecordType = keyof typeof TYPES;
const HEADER_BYTES = 12;

/** A name server for IPv4 and IPv6 addresses, over UDP. */
export class NameServer {
  /** The questions that were asked, as `A name`. */
  readonly questions: string[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly answerTo: (name: string, type: RecordType) => Answer,
  ) {}

  static async listen(answerTo: (name: string, type: RecordType) => Answer): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket, answerTo);
    socket.on('message', (message, sender) => server.answer(message, sender));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }

  private answer(message: Buffer, { port, address }: RemoteInfo): void {
    const { name, end } = nameIn(message);
    const type: RecordType = message.readUInt16BE(end) === TYPES.A ? 'A' : 'AAAA';
    this.questions.push(`${type} ${name}`);
    const answer = this.answerTo(name, type);
    if (answer === null) return;
    const records = typeof answer === 'number' ? [] : answer;
    const header = Buffer.alloc(HEADER_BYTES);
    message.copy(header, 0, 0, 2);
    // An answer, recursion available, and the code.
    header.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const question = message.subarray(HEADER_BYTES, end + 4);
    this.socket.send(Buffer.concat([header, question, ...records.map((one) => recordOf(one, type))]), port, address);
  }
}

function nameIn(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** A record for the name of the question. */
function recordOf(address: string, type: RecordType): Buffer {
  const data =
    type === 'A' ? Buffer.from(address.split('.').map(Number)) : Buffer.from(address.replaceAll(':', ''), 'hex');
  const head = Buffer.alloc(HEADER_BYTES);
  // The name is the one at the beginning of the message.
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  head.writeUInt16BE(TYPES[type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
