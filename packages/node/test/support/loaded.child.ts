import { createRequire } from 'node:module';
import { createHttp } from '../../src/http.ts';

/** Shows whether undici is loaded: before the first request, and after it. */
const { cache } = createRequire(import.meta.url);
const show = () => process.stdout.write(`undici ${Object.keys(cache).some((path) => path.includes('/undici/'))}\n`);

await using http = createHttp();
show();
const request = {
  method: 'GET',
  url: 'http://127.0.0.1:1/',
  headers: {},
  freshConnection: true,
  deadlineMs: 5_000,
  maxResponseBytes: 1,
};
await http.request(request).catch(() => {});
show();
