import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './defect.ts';
import { EMULATOR_DEFECTS } from './emulator-defects.ts';

for (const defect of EMULATOR_DEFECTS) {
  test(`planted in the emulator: ${defect.name} turns "${defect.testName}" red`, async () => {
    const { isRed, output } = await judge(defect, true);
    assert.ok(isRed, `nobody noticed:\n${output}`);
  });
}

test('the same tests are green while nothing is planted', async () => {
  for (const defect of EMULATOR_DEFECTS) {
    const { isRed, output } = await judge(defect, false);
    assert.ok(!isRed, `${defect.testName} is red by itself:\n${output}`);
  }
});
