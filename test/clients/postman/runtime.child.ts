/** Runs a collection as the Postman app does: `runtime.child.ts RUNTIME COLLECTION ENVIRONMENT [ACCESS_TOKEN]`, the token being that of its OAuth 2.0 helper. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [runtimePath = '', collectionFile = '', environmentFile = '', accessToken] = process.argv.slice(2);
const load = createRequire(runtimePath);
const { Runner } = load(runtimePath);
const { Collection, VariableScope } = load('postman-collection');
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

const document = read(collectionFile);
if (accessToken !== undefined) {
  const { auth } = document.item[0].item[0].request;
  auth.oauth2.push({ key: 'accessToken', value: accessToken, type: 'string' });
}
const environment = new VariableScope(read(environmentFile));
let assertions = 0;
const failed: string[] = [];
const troubles: string[] = [];

new Runner().run(new Collection(document), { environment }, (failure: Error | null, run: { start(listeners: object): void }) => {
  if (failure !== null) throw failure;
  run.start({
    assertion(_cursor: object, found: readonly { name: string; passed: boolean; error: Error | null }[]) {
      assertions += found.length;
      failed.push(...found.flatMap(({ name, passed, error }) => (passed ? [] : [`${name}: ${error?.message}`])));
    },
    exception: (_cursor: object, error: Error) => troubles.push(error.message),
    request: (error: Error | null) => error !== null && troubles.push(error.message),
    script(_error: Error | null, _cursor: object, result: { environment?: { values: unknown } } | undefined) {
      if (result?.environment !== undefined) writeFileSync(environmentFile, JSON.stringify(result.environment));
    },
    done(error: Error | null) {
      if (error !== null) troubles.push(error.message);
      process.stdout.write(JSON.stringify({ assertions, failed, troubles }), () => process.exit());
    },
  });
});
