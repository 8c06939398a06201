#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hold the JSON lines of a run against their schema and against themselves.

Usage: validate_json.py SCHEMA FILE

Each line must satisfy the schema; the events must come in order; ids must be
unique; the totals of run_end must be those of the cases.  Exit status: 0 all
is well, 1 something is not (each on a line), 2 usage, 77 python3-jsonschema is
not installed.
"""

import collections
import json
import sys

try:
    import jsonschema
except ImportError:
    print("validate_json.py: python3-jsonschema is not installed")
    sys.exit(77)


def refuse_constant(name):
    raise ValueError(name + " is not JSON")


def read_events(path, validator):
    """The events of the file, and what is wrong with its lines."""
    events = []
    faults = []
    with open(path, "rb") as file:
        data = file.read()
    if not data.endswith(b"\n"):
        faults.append("the last line has no end")
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            event = json.loads(line.decode("utf-8"),
                               parse_constant=refuse_constant)
        except ValueError as error:
            faults.append("line %d: %s" % (number, error))
            continue
        for error in validator.iter_errors(event):
            where = "/".join(str(part) for part in error.absolute_path)
            best = jsonschema.exceptions.best_match([error])
            faults.append("line %d: %s: %s" % (number, where or "event",
                                               best.message[:300]))
        events.append(event)
    return events, faults


def count_outcomes(cases, control):
    return collections.Counter(case["outcome"] for case in cases
                               if case["control"] == control)


def check_run(events):
    """What is wrong with events that are each right."""
    kinds = [event["event"] for event in events]
    if not kinds or kinds[0] != "run_begin" or kinds[-1] != "run_end":
        return ["not run_begin first and run_end last"]
    if set(kinds[1:-1]) - {"case"}:
        return ["something other than cases between run_begin and run_end"]

    faults = []
    begin, cases, end = events[0], events[1:-1], events[-1]
    for case_id, n in collections.Counter(c["id"] for c in cases).items():
        if n > 1:
            faults.append("%s is there %d times" % (case_id, n))
    if end["reported"] != len(cases):
        faults.append("reported is %d, but there are %d cases"
                      % (end["reported"], len(cases)))
    if begin["planned"] != end["planned"]:
        faults.append("planned differs between run_begin and run_end")
    if end["interrupted_by"] is None and end["reported"] != end["planned"]:
        faults.append("fewer cases than planned, and not interrupted")
    for key, control in (("outcomes", False), ("control_outcomes", True)):
        counted = count_outcomes(cases, control)
        for outcome, n in end[key].items():
            if counted[outcome] != n:
                faults.append("%s.%s is %d, but there are %d"
                              % (key, outcome, n, counted[outcome]))
    failed = collections.Counter(
        case["family"] for case in cases
        if case["outcome"] == "FAIL" and not case["control"])
    for family, n in end["families"].items():
        if failed[family] != n:
            faults.append("families.%s is %d, but there are %d"
                          % (family, n, failed[family]))
    return faults


def main():
    if len(sys.argv) != 3:
        print("Usage: validate_json.py SCHEMA FILE", file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    events, faults = read_events(sys.argv[2],
                                 jsonschema.Draft7Validator(schema))
    if not faults:
        faults = check_run(events)
    for fault in faults:
        print("%s: %s" % (sys.argv[2], fault))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
