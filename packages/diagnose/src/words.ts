import type { CatalogueRow } from './row.ts';

/** Who can mend it, as a person reads it. */
export const WHO_IN_WORDS: Readonly<Record<CatalogueRow['who'], string>> = {
  developer: 'the developer',
  'salesforce-admin': 'a Salesforce admin of the org',
  operator: 'whoever runs the machine',
  user: 'the user of the connection',
  salesforce: 'Salesforce',
  nobody: 'nobody has to',
};

/** When the same request may be sent again. */
export const RETRY_IN_WORDS: Readonly<Record<CatalogueRow['retry'], string>> = {
  no: 'never: the same request cannot work',
  wait: 'later, by itself',
  reauthorize: 'after somebody has authorized again',
  'fix-first': 'when it is mended',
};

/** How a row is known. */
export const CONFIDENCE_IN_WORDS: Readonly<Record<CatalogueRow['confidence'], string>> = {
  documented: 'documented by Salesforce',
  source: 'read in the source of a client',
  verified: 'verified with a client',
  reported: 'reported by several',
  'single-report': 'reported once',
  inferred: 'inferred',
};
