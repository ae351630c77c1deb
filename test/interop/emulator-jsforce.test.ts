import { Connection } from 'jsforce';
import { judgeAuthorization } from './support/jsforce-authorization.ts';
import { judgeData } from './support/jsforce-data.ts';
import type { JsforceLibrary } from './support/jsforce-library.ts';
import { judgeRefresh } from './support/jsforce-refresh.ts';
import { judgeRest } from './support/jsforce-rest.ts';

const library: JsforceLibrary = { connect: (options) => new Connection(options) };

judgeAuthorization('jsforce', library);
judgeRefresh('jsforce', library);
judgeRest('jsforce', library);
judgeData('jsforce', library);
