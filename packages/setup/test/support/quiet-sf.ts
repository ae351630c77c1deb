/** To be imported before Salesforce’s libraries: they write a log into the home folder otherwise. */
process.env['SF_DISABLE_LOG_FILE'] = 'true';
process.env['SF_DISABLE_TELEMETRY'] = 'true';
