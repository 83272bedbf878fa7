// Prints 'PASSED FAILED' for a vitest JSON report: node scripts/test-counts.mjs REPORT EXIT_STATUS
// A run that failed without a failing test (a file that does not load, an error outside a test, no test at
// all, no report because the build failed) counts as one failure.
import { readFileSync } from 'node:fs';

const [report = '', exitStatus] = process.argv.slice(2);

function read() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}

const { numPassedTests, numFailedTests, testResults = [] } = read();
const brokenFiles = testResults.filter(
  (/** @type {any} */ file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = numFailedTests + brokenFiles;
console.log(numPassedTests, failed === 0 && exitStatus !== '0' ? 1 : failed);
