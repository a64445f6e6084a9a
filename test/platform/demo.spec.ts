import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from '@jest/globals';
import { startProcess, type PlatformProcess } from '../support/platform-process.js';

let demo: PlatformProcess;
afterEach(() => demo.kill());

it('the demo keeps its promises, warns of nothing, and ends with the section to read next', async () => {
  demo = startProcess('apps/booking-platform/dist/demo/demo.js', {});
  // Waited for in parts: all of it can take longer on a busy machine than one wait may.
  await demo.says(/The platform listens/);
  await demo.says(/bookings\/\{uuid\}\/confirm/);
  const code = await demo.ended();
  const output = demo.output();
  expect([code, output]).toEqual([0, expect.not.stringMatching(/warn/i)]);

  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const [, section = '', document = ''] = /^Read next: "(.+)" in (\S+)$/.exec(last) ?? [];
  expect(`${last} ${document}`).toMatch(/ \S+\.md$/);
  expect(readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8').split('\n')).toContain(`## ${section}`);
}, 120_000);
