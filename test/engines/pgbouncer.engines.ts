import { PostgresServer } from '../support/postgres-server.ts';
import { engineSuite } from './engine-suite.ts';
import { debianPostgres, pgBouncer } from './find-engines.ts';
import { Pooler } from './pooler.ts';

const [postgres, bouncer] = await Promise.all([debianPostgres(), pgBouncer()]);

engineSuite('PgBouncer in transaction mode, two connections', postgres.missing || bouncer.missing, async () => {
  if (postgres.missing !== false || bouncer.missing !== false) throw new TypeError('it is missing');
  const server = await PostgresServer.start({ binDir: postgres.path, fsync: false });
  const pooler = await Pooler.start(bouncer.path, server);
  return {
    server,
    url: (database) => pooler.url(database),
    async stop() {
      await pooler.stop();
      await server.stop();
    },
  };
});
