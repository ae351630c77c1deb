import { type ModuleSource, registerHooks } from 'node:module';
import type { Edit } from './defect.ts';

/**
 * Preload that loads the sources of this repository with a defect in them: `FORCEMINT_PLANTED_DEFECT` holds the
 * {@link Edit}s as JSON. An edit whose text is not there exactly once stops the process, so that no defect is planted beside
 * the point.
 */

const edits: readonly Edit[] = JSON.parse(process.env['FORCEMINT_PLANTED_DEFECT'] ?? '[]');

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = edits.filter(({ file }) => url.endsWith(`/${file}`));
    if (own.length === 0) return loaded;
    const source = own.reduce(applied, textOf(loaded.source));
    return { ...loaded, source };
  },
});

function textOf(source: ModuleSource | null | undefined): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source ?? undefined);
}

function applied(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file}: ${JSON.stringify(find)} is there ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
