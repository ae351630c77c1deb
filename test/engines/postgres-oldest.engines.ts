import { PostgresServer } from '../support/postgres-server.ts';
import { engineSuite } from './engine-suite.ts';
import { oldestPostgres } from './find-engines.ts';

const found = await oldestPostgres();

engineSuite('PostgreSQL 13, the oldest that is supported', found.missing, async () => {
  if (found.missing !== false) throw new TypeError(found.missing);
  const server = await PostgresServer.start({ binDir: found.path, fsync: false });
  return { server, url: (database) => server.socketUrl(database), stop: () => server.stop() };
});
