"""The trends of the gate as one HTML page: no script, no picture, nothing from elsewhere.

It names rules and keys, never rows, and may be opened from a disk or sent by mail.
"""

from __future__ import annotations

from html import escape
from typing import Any

from expectations.trends import BAD, MARKS, Trends

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}
th,td{padding:.15rem .6rem;text-align:left;vertical-align:top}
thead th{border-bottom:1px solid #999;white-space:nowrap}
.n{text-align:right}.runs td{text-align:center;padding:.1rem .25rem;font-family:monospace}
.failed,.error{background:#f4b8b0}.accepted{background:#f6dd9a}.ok{color:#4a7d4a}.refused{color:#a12}
h2{margin-top:2.5rem}.rule{border-left:4px solid #c44;padding-left:1rem;margin:1.2rem 0}
code{background:#f2f2f2;padding:0 .2rem}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(found: Trends) -> str:
    """The page. Everything in it that was read is escaped."""
    return "".join(
        [
            "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>",
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            "<meta name='viewport' content='width=device-width'>",
            f"<title>Data quality</title><style>{STYLE}</style></head><body>",
            "<h1>Data quality</h1>",
            *(_body(found) if found.runs else ["<p>No build has come as far as the gate.</p>"]),
            "</body></html>\n",
        ]
    )


def _body(found: Trends) -> list[str]:
    bad = [rule for rule in found.rules if rule["runs"][-1]["status"] in BAD]
    return [
        "<h2>What does not hold now</h2>",
        *(map(_detail, bad) if bad else ["<p>Every rule held in the last build.</p>"]),
        "<h2>Builds</h2>",
        _builds(found),
        "<h2>Rules, build by build</h2>",
        _legend(),
        _grid(found),
    ]


def _detail(rule: dict[str, Any]) -> str:
    keys = ", ".join(f"<code>{escape(str(key))}</code>" for key in rule["keys"])
    return (
        f"<div class='rule'><b>{escape(rule['rule'])}</b> ({escape(rule['severity'])}, "
        f"{escape(rule['status'])}, since {escape(str(rule['failing_since']))})<br>"
        f"{escape(rule['reason'])}<br>{escape(rule['remedy'])}<br>"
        f"Found: {_text(rule['unexpected_count'])} {('such as ' + keys) if keys else ''}</div>"
    )


def _builds(found: Trends) -> str:
    rows = "".join(
        f"<tr><td>{escape(run['run_id'])}</td><td>{escape(str(run['checked_at'] or '')[:19])}</td>"
        f"<td class='{escape(str(run['status']))}'>{escape(str(run['status']).replace('_', ' '))}"
        f"</td><td class='n'>{run['failed']}</td><td class='n'>{run['accepted']}</td>"
        f"<td>{'current' if run['is_current'] else 'kept' if run['is_kept'] else ''}</td></tr>"
        for run in reversed(found.runs)
    )
    names = ("build", "checked at (UTC)", "gate", "failed", "accepted", "")
    return f"<table><thead>{_header(names)}</thead><tbody>{rows}</tbody></table>"


def _legend() -> str:
    told = ", ".join(f"<b>{escape(mark)}</b> {name}" for name, mark in MARKS.items())
    return f"<p>Oldest build left: {told}; a number is how many broke the rule.</p>"


def _grid(found: Trends) -> str:
    rows = "".join(
        f"<tr><th>{escape(rule['rule'])}</th><th>{escape(rule['severity'])}</th>"
        + "".join(map(_cell, rule["runs"]))
        + "</tr>"
        for rule in found.rules
    )
    names = ("rule", "severity", *("" for _ in found.runs))
    return f"<table class='runs'><thead>{_header(names)}</thead><tbody>{rows}</tbody></table>"


def _cell(run: dict[str, Any]) -> str:
    status = run["status"]
    mark = MARKS.get(status, "") if status else ""
    count = f" {run['unexpected_count']:,}" if status in BAD and run["unexpected_count"] else ""
    title = f"{run['run_id']}: {status or 'not known'}"
    return f"<td class='{escape(status or '')}' title='{escape(title)}'>{mark}{count}</td>"


def _header(names: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>"


def _text(value: Any) -> str:
    return "-" if value is None else escape(f"{value:,}")
