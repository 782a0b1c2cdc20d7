'use strict';
/** Reads a Jest JSON report; prints `<passed> <failed>`, then the name of each failed test, one a line. */
const { readFileSync } = require('node:fs');
const path = require('node:path');

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failures = report.testResults.flatMap((suite) => {
  const file = path.relative(process.cwd(), suite.name);
  const tests = suite.assertionResults.filter((test) => test.status === 'failed');
  // A suite can fail without a failed test: it did not compile, or a hook outside all tests threw.
  if (suite.status === 'failed' && tests.length === 0) return [`${file}: the suite did not run`];
  return tests.map((test) => `${file}: ${test.fullName.replace(/\s+/g, ' ')}`);
});

console.log(`${report.numPassedTests} ${failures.length}`);
for (const failure of failures) console.log(failure);
