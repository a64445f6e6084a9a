import type { AddressInfo, Server } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PlatformModule } from './platform.module.js';
import { RunningApplication, startApplication, type PlatformOverrides } from './running-application.js';
import type { PlatformSettings } from './settings.js';

/** A platform that serves HTTP after `listen()`. */
export class Platform extends RunningApplication<INestApplication> {
  /** Opens the port. Returns the base URL, such as `http://127.0.0.1:3000`. */
  async listen(): Promise<string> {
    await this.app.listen(this.settings.port, this.settings.host);
    return this.url;
  }

  /** The base URL, after `listen()`. */
  get url(): string {
    const server = this.app.getHttpServer() as Server;
    const address = server.address() as AddressInfo | null;
    if (address === null) throw new Error('The platform does not listen yet: call listen() first.');
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }
}

/** Builds the platform: database, tables, application, example data. */
export async function createPlatform(settings: PlatformSettings, overrides: PlatformOverrides = {}): Promise<Platform> {
  const { app, database } = await startApplication(settings, overrides, async (dataSource, clock, options) => {
    const application = await NestFactory.create(PlatformModule.with(settings, clock, dataSource), options);
    try {
      return await application.init();
    } catch (error) {
      await application.close();
      throw error;
    }
  });
  return new Platform(app, settings, database);
}
