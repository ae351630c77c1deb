import { type EmulatorAnswer, jsonAnswer } from '../http-message.ts';

/** A refusal of the REST API: an array with one error, whatever goes wrong. */
export class RestError extends Error {
  readonly status: number;
  readonly errorCode: string;

  constructor(status: number, errorCode: string, message: string) {
    super(message);
    this.name = 'RestError';
    this.status = status;
    this.errorCode = errorCode;
  }
}

export function restErrorAnswer(error: RestError): EmulatorAnswer {
  return jsonAnswer(error.status, [{ message: error.message, errorCode: error.errorCode }]);
}

export function notFound(): RestError {
  return new RestError(404, 'NOT_FOUND', 'The requested resource does not exist');
}
