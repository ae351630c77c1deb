import type { Org } from '../org/org.ts';
import { publicJwk } from '../org/signing-key.ts';
import { type EmulatorAnswer, jsonAnswer } from '../server/http-message.ts';

/** `/id/keys`: the JWK Set (RFC 7517 section 5) that ID tokens and JWT access tokens are verified with. */
export async function keys(org: Org): Promise<EmulatorAnswer> {
  return jsonAnswer(200, { keys: [...(await org.signingKeys.all(org.now())).map(publicJwk)] });
}
