#!/usr/bin/env python3
"""Makes docs/compatibility.md's table of corpus policies out of the JSON files that test/e2e/corpus.py wrote, one a kernel.

usage: compatibility.py HERE.json [GUEST.json...] >table.md"""
import json
import sys

NOTE = "accepted: loaded and attached; triggered: a real action of a process made the event that the policy asks for"


def cell(row):
    if row is None:
        return "not run"
    detail = row["detail"].replace("|", "\\|")
    if len(detail) > 160:
        detail = detail[:159] + "…"
    return f"{row['result']}" + (f": {detail}" if detail else "")


def main(files):
    tables = []
    for name in files:
        with open(name, encoding="utf-8") as f:
            tables.append(json.load(f))
    names = sorted({row["name"] for table in tables for row in table["rows"]})
    print("| policy | " + " | ".join(t["kernel"] for t in tables) + " |")
    print("| --- |" + " --- |" * len(tables))
    for name in names:
        rows = [next((r for r in t["rows"] if r["name"] == name), None) for t in tables]
        print(f"| {name} | " + " | ".join(cell(r) for r in rows) + " |")
    for table in tables:
        counts = {}
        for row in table["rows"]:
            counts[row["result"]] = counts.get(row["result"], 0) + 1
        print(f"\nOn {table['kernel']}: " + ", ".join(f"{n} {result}" for result, n in sorted(counts.items())) + f" ({NOTE}).")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
