export { type CurrentToken, readCurrentToken } from './sqlite/read-current-token.ts';
export { openSqliteStore, SqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
