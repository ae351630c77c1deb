import { createHttp } from '../../src/http.ts';

/** Posts to three paths of a server, each way, and shows what came of it. */
const [origin = ''] = process.argv.slice(2);
await using http = createHttp();
for (const freshConnection of [true, false]) {
  for (const path of ['/ok', '/reset', '/silence']) {
    const request = {
      method: 'POST',
      url: `${origin}${path}`,
      headers: {},
      body: 'a=b',
      freshConnection,
      maxResponseBytes: 1_000,
    };
    const outcome = await http.request({ ...request, deadlineMs: path === '/silence' ? 400 : 10_000 }).then(
      ({ status }) => [status],
      (error: unknown) =>
        error instanceof Error && 'code' in error && 'sent' in error ? [error.code, error.sent] : [String(error)],
    );
    process.stdout.write(`${JSON.stringify([`${path} ${freshConnection ? 'fresh' : 'shared'}`, ...outcome])}\n`);
  }
}
