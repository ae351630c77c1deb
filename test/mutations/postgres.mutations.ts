import { judged } from './judged.ts';
import { POSTGRES_DEFECTS } from './postgres-defects.ts';

judged('the store in PostgreSQL', POSTGRES_DEFECTS);
