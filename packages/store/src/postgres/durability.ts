/**
 * SQL, always true, for the condition of a statement's first write: its transaction waits for the disk where server, database or role would have it otherwise;
 * what is stricter than `on` stays. Said within the statement itself, since nothing that is set for a session lasts behind a pooler.
 */
export const DURABLY = `CASE WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
    THEN set_config('synchronous_commit', 'on', true) IS NOT NULL ELSE true END`;

/** The same for what may be lost in a crash: its transaction doesn't wait for the disk. */
export const HASTILY = "set_config('synchronous_commit', 'off', true) IS NOT NULL";
