import { writeFileSync } from 'node:fs';
import { errorsPage } from './errors-page.ts';

/** Writes docs/errors.md from the catalogue. */
writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsPage());
