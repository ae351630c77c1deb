import { print } from './print.ts';
import { explained } from './why/short-way.ts';

/** `forcemint why` without the rest of the command line, which takes longer to load than the answer. What is not plain goes the long way. */
const answer = explained(process.argv.slice(3), process.env);
if (answer === undefined) {
  void import('./main.ts');
} else {
  process.exitCode = answer.exitCode;
  print(Buffer.from(answer.text), 'The explanation');
}
