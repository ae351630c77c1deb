import { type EmulatorAnswer, jsonAnswer } from '../server/http-message.ts';

export interface RestErrorOptions {
  /** Names of the fields that are wrong; the answer to a failed save always has the list. */
  readonly fields?: readonly string[];
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of the REST API: an array with one error, whatever goes wrong. */
export class RestError extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly fields: readonly string[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, errorCode: string, message: string, options: RestErrorOptions = {}) {
    super(message);
    this.name = 'RestError';
    this.status = status;
    this.errorCode = errorCode;
    this.fields = options.fields;
    this.headers = options.headers ?? {};
  }
}

export function restErrorAnswer(error: RestError, headers: Readonly<Record<string, string>> = {}): EmulatorAnswer {
  const { message, errorCode, fields } = error;
  const body = fields === undefined ? { message, errorCode } : { message, errorCode, fields };
  return jsonAnswer(error.status, [body], { ...headers, ...error.headers });
}

export function notFound(): RestError {
  return new RestError(404, 'NOT_FOUND', 'The requested resource does not exist');
}

/** A record that can't be saved as it is. */
export function saveError(errorCode: string, message: string, fields: readonly string[] = [], status = 400): RestError {
  return new RestError(status, errorCode, message, { fields });
}
