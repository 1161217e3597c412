/** Adds up the vitest reports of all packages: names what failed, then prints one line `N passed, N failed`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { documentsWithExamples, exampleFilesOf } from './extract-examples.mjs';
import { root, workspacePackages } from './workspace.mjs';

/** The reports that a complete run of these kinds of test leaves: one for each package, one for the examples of docs/. */
function expectedReports({ unit, browser }) {
  const reports = unit && documentsWithExamples().length > 0 ? [join(root, 'reports', 'unit.json')] : [];
  for (const { folder, manifest } of workspacePackages()) {
    if (unit && manifest.scripts?.test) reports.push(join(folder, 'reports', 'unit.json'));
    if (browser && manifest.scripts?.['test:browser']) reports.push(join(folder, 'reports', 'browser.json'));
  }
  return reports;
}

/** The READMEs of published packages in which there is no example to run. */
function readmesWithoutExample() {
  return workspacePackages()
    .filter(({ folder, manifest }) => !manifest.private && exampleFilesOf(folder).length === 0)
    .map(({ folder }) => relative(root, join(folder, 'README.md')));
}

/** The tests of one report as counts and the names of the failed; a file that could not run is one failed test. */
function readReport(path) {
  const totals = { passed: 0, skipped: 0, failures: [] };
  for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    const name = relative(root, file.name);
    for (const test of file.assertionResults) {
      if (test.status === 'passed') totals.passed++;
      else if (test.status === 'failed')
        totals.failures.push(`${name} > ${[...test.ancestorTitles, test.title].join(' > ')}`);
      else totals.skipped++;
    }
    const ran = file.assertionResults.some((test) => test.status === 'failed');
    if (file.status === 'failed' && !ran) totals.failures.push(`${name} > (the file could not run)`);
  }
  return totals;
}

/** The line that every run ends with. */
function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Prints the totals, writes them to reports/totals.json, and tells whether every test ran and passed. A report or an example
 * that should be there and is not counts as a failure, and so does a build or a test process that failed although no test
 * did, so that the line never hides it.
 */
export function summarise({ tasksPassed, ...kinds }) {
  const totals = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const path of expectedReports(kinds)) {
    const report = existsSync(path)
      ? readReport(path)
      : {
          passed: 0,
          skipped: 0,
          failures: [`${relative(root, path)} is missing: the tests of this package did not run`],
        };
    totals.passed += report.passed;
    totals.skipped += report.skipped;
    totals.failures.push(...report.failures);
  }
  for (const path of kinds.unit ? readmesWithoutExample() : []) {
    totals.failures.push(`${path}: a published package starts its README with a \`ts\` example, here is none`);
  }
  if (!tasksPassed && totals.failures.length === 0) totals.failures.push('a build or a test process, named above');
  if (totals.passed === 0 && totals.failures.length === 0) totals.failures.push('no test ran');
  totals.failed = totals.failures.length;
  mkdirSync(join(root, 'reports'), { recursive: true });
  writeFileSync(join(root, 'reports', 'totals.json'), `${JSON.stringify(totals, null, 2)}\n`);
  console.log('');
  for (const failure of totals.failures) console.log(`FAILED ${failure}`);
  console.log(totalsLine(totals));
  return totals.failed === 0;
}
