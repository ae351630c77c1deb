import { EMULATOR_DEFECTS } from './emulator-defects.ts';
import { judged } from './judged.ts';

judged('the emulator', EMULATOR_DEFECTS);
