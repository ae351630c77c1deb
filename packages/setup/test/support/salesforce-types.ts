import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TEXT = readFileSync(fileURLToPath(import.meta.resolve('@salesforce/types/metadata')).replace(/\.js$/, '.d.ts'), 'utf8');

export interface Field {
  readonly name: string;
  /** As it is written, such as `boolean` or `ConnectedAppOauthConfig`, without `[]`. */
  readonly type: string;
  readonly isRequired: boolean;
}

/** The fields of a metadata type in their order; `undefined` when there is no such type. */
export function fieldsOf(type: string): readonly Field[] | undefined {
  const block = new RegExp(`^export type ${type} = (?:Metadata & )?\\{\\n(.*?)^\\};`, 'ms').exec(TEXT)?.[1];
  if (block === undefined) return undefined;
  return Array.from(block.matchAll(/^ {4}(\w+)(\??): ([\w]+)(\[\])?;$/gm), ([, name = '', optional, of = '', list]) => ({
    name,
    type: of,
    isRequired: optional === '' && list === undefined,
  }));
}

/** The values of an enumeration; `undefined` when there is none of that name. */
export function valuesOf(type: string): readonly string[] | undefined {
  const union = new RegExp(`^export type ${type} = ('.*?');`, 'm').exec(TEXT)?.[1];
  return union?.split(' | ').map((value) => value.slice(1, -1));
}
