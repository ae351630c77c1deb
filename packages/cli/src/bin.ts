import { print } from './print.ts';
import { storedToken } from './token-fast-path.ts';

const text = storedToken(process.argv.slice(2), process.env);
if (text === undefined) {
  import('node:module').then(({ enableCompileCache }) => {
    enableCompileCache();
    return process.argv[2] === 'why' ? import('./why-main.ts') : import('./main.ts');
  });
} else {
  print(Buffer.from(text), 'The token');
}
