import type { TokenRequest } from '../oauth/token-endpoint.ts';

/** How tokens are asked for: one grant, one file, one shape. */
export interface Grant extends TokenRequest {
  /** The request uses up a credential (a code, a refresh token): it goes over a connection of its own and is never repeated by any layer. */
  readonly consumesCredential: boolean;
}
