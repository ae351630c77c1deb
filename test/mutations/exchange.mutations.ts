import { EXCHANGE_DEFECTS } from './exchange-defects.ts';
import { judged } from './judged.ts';

judged('the exchange', EXCHANGE_DEFECTS);
