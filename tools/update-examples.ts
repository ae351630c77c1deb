import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withCurrentExamples } from './embedded-examples.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path: string): string | undefined =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;

// Writes the examples into the pages that show them; test/house/documentation.test.ts holds them together.
for (const page of globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root })) {
  const markdown = readFileSync(join(root, page), 'utf8');
  const current = withCurrentExamples(markdown, read);
  if (current === markdown) continue;
  writeFileSync(join(root, page), current);
  console.log(`${page}: examples updated`);
}
