import { stopServers } from './probe-databases.js';

/** Ends, after all tests, the server that was started before them. */
export default async function stopDatabases() {
  await stopServers();
}
