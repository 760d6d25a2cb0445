import { expect, test } from "bun:test";
import { added, NOTHING, parseReport, readReport } from "../../scripts/test-report.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="6" assertions="2" failures="2" skipped="2" time="0.61">
  <testsuite name="test/http/x.test.ts" file="test/http/x.test.ts" tests="4" failures="1" skipped="2" time="0.25">
    <testcase name="ok" classname="" time="0.001" file="test/http/x.test.ts" line="1" assertions="1" />
    <testcase name="needs &lt;Chromium&gt;" classname="" time="0" file="test/http/x.test.ts" line="2" assertions="0">
      <skipped />
    </testcase>
    <testcase name="fails" classname="" time="0.001" file="test/http/x.test.ts" line="3" assertions="1">
      <failure type="AssertionError" message="&lt;skipped&gt;">x</failure>
    </testcase>
    <testsuite name="a &quot;d&quot;" file="test/http/x.test.ts" line="4" tests="1" failures="0" skipped="1" time="0">
      <testcase name="needs Flask" classname="a &quot;d&quot;" time="0" file="test/http/x.test.ts" line="5" assertions="0">
        <skipped />
      </testcase>
    </testsuite>
  </testsuite>
  <testsuite name="test/http/y.test.ts" file="test/http/y.test.ts" tests="1" failures="1" skipped="0" time="0.25">
  </testsuite>
  <testsuite name="test/log.test.ts" file="test/log.test.ts" tests="1" failures="0" skipped="0" time="0.125">
  </testsuite>
</testsuites>
`;

test("a report is counted, its folders timed, and what was skipped is named", () => {
  expect(parseReport(REPORT)).toEqual({
    tally: { passed: 2, failed: 2, skipped: 2 },
    suites: [
      { name: "test/http", seconds: 0.5 },
      { name: "test/log.test.ts", seconds: 0.125 },
    ],
    skippedNames: ["test/http/x.test.ts > needs <Chromium>", 'test/http/x.test.ts > a "d" > needs Flask'],
  });
});

test("without a report nothing passed", () => {
  expect(readReport("no-such-report.xml").tally).toEqual(NOTHING);
  expect(parseReport("").tally).toEqual(NOTHING);
});

test("tallies add up", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(added(one, { passed: 10, failed: 20, skipped: 30 })).toEqual({ passed: 11, failed: 22, skipped: 33 });
});
