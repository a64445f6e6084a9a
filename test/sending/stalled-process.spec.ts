import { expect, it } from '@jest/globals';
import { answering, HostileReceiver } from '../support/hostile-receiver.js';
import { openTransport } from '../support/hostile-transport.js';
import { useClosing } from '../support/resources.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const closing = useClosing();

/** Stops the whole process, as a long garbage collection or a paused machine does. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('an answer that came while the process stood still beyond the deadline is an answer', async () => {
  const timeoutMs = 2000;
  const receiver = closing(
    await HostileReceiver.listen((socket) => {
      socket.write(OK);
      standStill(timeoutMs + 100);
    }),
  );
  const transport = closing(openTransport({ timeoutMs }));
  await expect(transport.post(receiver.url)).resolves.toMatchObject({ status: 200, body: 'ok' });
});

it('a connection that was made while the process stood still beyond its deadline is used', async () => {
  const receiver = closing(await HostileReceiver.listen(answering(OK)));
  const transport = closing(
    openTransport({
      connectTimeoutMs: 200,
      timeoutMs: 60_000,
      lookup: (_hostname, _options, callback) => {
        callback(null, [{ address: '127.0.0.1', family: 4 }]);
        // The system makes the connection meanwhile.
        process.nextTick(() => standStill(300));
      },
    }),
  );
  const response = await transport.post(`http://receiver.test:${receiver.port}/`);
  expect(response).toMatchObject({ status: 200, body: 'ok' });
});
