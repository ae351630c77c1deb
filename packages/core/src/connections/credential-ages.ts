/** From here on everybody is warned of the end of a certificate. */
export const CERTIFICATE_WARNING_DAYS = 30;

/** A client secret older than this should be changed. */
export const SECRET_WARNING_DAYS = 365;
