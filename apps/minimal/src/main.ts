import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
const url = await app.getUrl();
process.stdout
  .write(`Subscribe:  curl ${url}/octo/webhooks -H 'Authorization: Bearer key-1' -H 'Octo-Capabilities: octo/webhooks' \\
              -H 'Content-Type: application/json' -d '{"event":"booking_update","url":"http://127.0.0.1:4000"}'
Change:     curl -X POST ${url}/bookings/b-1/confirm
`);
