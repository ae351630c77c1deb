export { openPostgresStore, type PostgresStoreOptions } from './postgres/open-postgres-store.ts';
export { type PostgresAddress, parsePostgresUrl } from './postgres/parse-postgres-url.ts';
export { PostgresStore } from './postgres/postgres-store.ts';
export { type SchemaSqlOptions, schemaSql } from './postgres/schema-sql.ts';
export { type CurrentToken, readCurrentToken } from './sqlite/read-current-token.ts';
export { openSqliteStore, SqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
