"""`doctor`: what works here and what does not, fit to be pasted into a bug report."""

import os
import re
from argparse import Namespace
from dataclasses import asdict

from utterkey.cli.terminal import on_one_line, say, say_json
from utterkey.doctor.collect import collect
from utterkey.doctor.judgement import Finding, judge


def doctor(options: Namespace) -> int:
    findings = [_for_strangers(finding) for finding in judge(collect(options.config, options.overrides))]
    problems = sum(finding.verdict == "problem" for finding in findings)
    if options.json:
        say_json({"ok": not problems, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            say(f"{finding.verdict:<8} {finding.part:<15} {on_one_line(finding.sentence)}")
            for line in finding.lines:
                say(f"    {line}")
        say(f"{problems} problem(s)." if problems else "All is well.")
    return 1 if problems else 0


def _for_strangers(finding: Finding) -> Finding:
    """Nobody needs the user's name, nor what somebody may have written into an address: a password, a token."""
    home = os.path.expanduser("~")
    sentence = finding.sentence.replace(home, "~") if len(home) > 1 else finding.sentence
    sentence = re.sub(r"://[^/\s']*@", "://…@", sentence)
    sentence = re.sub(r"(://[^\s'?]*\?)[^\s']*", r"\1…", sentence)
    return Finding(finding.part, finding.verdict, sentence, finding.lines)
