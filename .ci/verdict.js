/**
 * Sums up a run, on one line: `verdict.js REPORT TESTS-EXIT STEPS-FAILED`, where the report is
 * vitest's JSON (empty if no test was run).
 */
import { readFileSync } from "node:fs";

const [report = "", testsExit, stepsFailed] = process.argv.slice(2);
const text = readFileSync(report, "utf8");
const files = text === "" ? [] : JSON.parse(text).testResults;

const passed = sum(files.map((file) => count(file, "passed")));
const testsFailed = sum(files.map((file) => count(file, "failed") || Number(isBroken(file))));
// Red without a red test: an unhandled error, or vitest itself did not start.
const failed = (testsFailed || Number(testsExit !== "0")) + Number(stepsFailed);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A file that cannot be loaded, or whose hook fails, may have no failed test of its own. */
function isBroken({ status }) {
  return status === "failed";
}

function count({ assertionResults }, status) {
  return assertionResults.filter((test) => test.status === status).length;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
