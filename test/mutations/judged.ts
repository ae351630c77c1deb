import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Defect, judge } from './defect.ts';

/** Each defect turns its test red, and without it the same test is green. */
export function judged(where: string, defects: readonly Defect[]): void {
  for (const defect of defects) {
    test(`planted in ${where}: ${defect.name} turns "${defect.testName}" red`, async () => {
      const { isRed, output } = await judge(defect, true);
      assert.ok(isRed, `nobody noticed:\n${output}`);
    });
  }

  test(`the same tests of ${where} are green while nothing is planted`, async () => {
    for (const defect of defects) {
      const { isRed, output } = await judge(defect, false);
      assert.ok(!isRed, `${defect.testName} is red by itself:\n${output}`);
    }
  });
}
