export { CATALOGUE, rowOf } from './catalogue.ts';
export type { Circumstances, Evidence } from './evidence.ts';
export { type Certainty, type Explanation, explain } from './explain.ts';
export { type LoginHistoryFinding, readLoginHistory } from './login-history.ts';
export { LOGIN_STATUSES, type LoginStatus } from './login-statuses.ts';
export type { CatalogueRow, Confidence, Endpoint, GrantName, Saying } from './row.ts';
export { SETUP, type SetupPlace } from './setup-places.ts';
export { CONFIDENCE_IN_WORDS, RETRY_IN_WORDS, WHO_IN_WORDS } from './words.ts';
