import type { Migration } from '../migrate.ts';
import { tables } from './0001-tables.ts';

/** Every migration, oldest first. One that was released is never changed; a new one is added behind it. */
export const MIGRATIONS: readonly Migration[] = [tables];
