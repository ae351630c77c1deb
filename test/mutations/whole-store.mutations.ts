import { judged } from './judged.ts';
import { WHOLE_STORE_DEFECTS } from './whole-store-defects.ts';

judged('the store as a whole', WHOLE_STORE_DEFECTS);
