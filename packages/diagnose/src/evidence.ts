import type { Endpoint, GrantName } from './row.ts';

/** What is known of the request that was refused. */
export interface Circumstances {
  readonly endpoint?: Endpoint;
  readonly grant?: GrantName;
  /** Host name that was asked. */
  readonly host?: string;
  /** The token that an introspection calls inactive works elsewhere. */
  readonly tokenWorks?: boolean;
}

/** What a text tells of a refusal. All texts are as `plain` makes them. */
export interface Evidence extends Circumstances {
  /** Ids of the catalogue that the text names. */
  readonly ids: readonly string[];
  /** Error codes, in lower case. */
  readonly codes: readonly string[];
  /** What came with a code, or stands alone. */
  readonly descriptions: readonly string[];
  /** All of it. */
  readonly whole: string;
  /** It is HTML. */
  readonly isPage: boolean;
}

/** For comparing: in lower case, with straight quotes, single spaces, and no dot at the end. */
export function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/\s+/g, ' ')
    .replace(/^[\s"']+|[\s"'.…]+$/g, '');
}
