import { PostgresServer } from '../support/postgres-server.ts';
import { engineSuite } from './engine-suite.ts';
import { debianPostgres } from './find-engines.ts';

const found = await debianPostgres();

engineSuite('PostgreSQL 15 of Debian', found.missing, async () => {
  if (found.missing !== false) throw new TypeError(found.missing);
  const server = await PostgresServer.start({ binDir: found.path, fsync: false });
  return { server, url: (database) => server.socketUrl(database), stop: () => server.stop() };
});
