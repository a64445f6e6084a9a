// The example platform in a process of its own, which kills itself with SIGKILL right after the commit of the first
// transaction of a request that carries the header `x-kill-after-commit`: before anything else can run.
import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource } from 'typeorm';

const built = (/** @type {string} */ file) =>
  import(new URL(`../../apps/booking-platform/dist/${file}`, import.meta.url).href);
const { createPlatform } = await built('platform.js');
const { readSettings } = await built('settings.js');

const platform = await createPlatform(readSettings(process.env), { logger: ['fatal'] });
const doomed = new AsyncLocalStorage();
platform.app
  .getHttpServer()
  .prependListener('request', (/** @type {import('node:http').IncomingMessage} */ request) => {
    if (request.headers['x-kill-after-commit'] !== undefined) doomed.enterWith(true);
  });
platform.app.get(DataSource).subscribers.push({
  afterTransactionCommit() {
    if (doomed.getStore() === true) process.kill(process.pid, 'SIGKILL');
  },
});
process.send?.(await platform.listen());
