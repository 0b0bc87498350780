#!/usr/bin/python3
"""Checks the structure that docs/architecture.md promises, so that it stays true without anybody watching.

What is checked, over the whole source tree:
  * every `#include "folder/..."` in src/ is one of the edges of the module table (and CMakeLists.txt links the same edges);
  * third-party headers stand in no header of ours (only fmt/ and tl/expected.hpp), and each library only in its folders;
  * no file over 500 lines (a warning over 400), no folder called util, common, misc or helpers;
  * every C++ file (or the header of its name) begins with a comment that says why it exists.
Exit status 1 and one line a finding (file:line: text). Run with --self-test it proves that each check can fail.
"""
import os
import re
import sys
import tempfile

WARN_LINES, MAX_LINES = 400, 500
FORBIDDEN = {"util", "utils", "common", "misc", "helper", "helpers"}
ROOTS = ("src", "test", "probes", "templates", "policies", "docker", "cmake", "docs", "web", "deploy", "tools")
CODE = (".cpp", ".h", ".py", ".sh", ".c", ".cmake")

# Where each third-party library may be included. A prefix that ends in "/" covers a folder of headers.
QUARANTINE = {
    "yaml-cpp/": {"policy"},
    "Poco/": {"api", "app", "outreach"},
    "gelf.h": {"elf"},
    "bpf/": {"kernel", "layout", "compiler"},
    "bcc/": {"compiler"},
    "boost/": {"app"},
    "re2/": {"event", "host"},
    "seccomp.h": {"compiler"},
    "nlohmann/": {"event", "api", "bundle"},
    "fmt/": None,  # None: anywhere
    "tl/expected.hpp": None,
}
IN_OUR_HEADERS = ("fmt/", "tl/expected.hpp")
# Everything else in <> has to come from the C++ library, the C library or the kernel's user-space headers.
SYSTEM_DIRS = ("sys/", "linux/", "asm/", "netinet/", "arpa/", "net/", "bits/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def system_header(name):
    return "/" not in name and (re.fullmatch(r"[a-z_0-9]+", name) or name.endswith(".h")) or name.startswith(SYSTEM_DIRS)


def prefix_of(name):
    return next((p for p in QUARANTINE if name == p or (p.endswith("/") and name.startswith(p))), None)


def closure(edges):
    """folder -> everything it may include: its edges, and theirs."""
    done = {}

    def visit(folder, path):
        if folder in path:
            raise ValueError("cycle: " + " -> ".join(path + (folder,)))
        if folder not in done:
            reach = {folder}
            for dep in edges.get(folder, ()):
                reach |= visit(dep, path + (folder,))
            done[folder] = reach
        return done[folder]

    for folder in edges:
        visit(folder, ())
    return done


def edges_of_cmake(text):
    edges = {}
    for folder, args in re.findall(r"burin_library\(\s*([a-z]+)([^)]*)\)", text):
        deps = re.search(r"\bDEPS\b([^A-Z]*)", args)
        edges[folder] = set(deps.group(1).split()) if deps else set()
    for target, folder in (("burin", "app"), ("burin-compile", "compiler"), ("burin-precompile", "precompile")):
        if not re.search(r"target_link_libraries\(\s*%s\s" % re.escape(target), text):
            continue
        linked = " ".join(re.findall(r"target_link_libraries\(\s*%s\s+([^)]*)\)" % re.escape(target), text))
        edges[folder] = set(re.findall(r"burin::([a-z]+)", linked))
    return edges


def edges_of_doc(text):
    """The module table: | layer | folder | responsibility | key types | may depend on |. None if there is no such table."""
    rows, layers = {}, {}
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) != 5 or not line.lstrip().startswith("|"):
            continue
        folder = re.fullmatch(r"`([a-z]+)/?`", cells[1])
        if not folder:
            continue
        rows[folder.group(1)] = cells[4]
        if cells[0].isdigit():
            layers[folder.group(1)] = int(cells[0])
    if not rows:
        return None
    edges = {}
    for folder, text in rows.items():
        words = set(re.findall(r"[a-z]+", re.sub(r"\*\*[^*]*\*\*", "", text)))
        edges[folder] = words & set(rows)
        span = re.search(r"layers?\s+(\d)\s*[–-]\s*(\d)", text)
        if span:
            low, high = int(span.group(1)), int(span.group(2))
            edges[folder] |= {f for f, layer in layers.items() if low <= layer <= high}
        if "all" in words:
            edges[folder] |= set(layers) - {folder}
    return edges


def check_edges(cmake, doc):
    """Differences between what CMake links and what the document allows, by what can be reached."""
    if doc is None:
        return []
    found = []
    linked, allowed = closure(cmake), closure(doc)
    for folder in sorted(set(linked) | set(allowed)):
        if folder not in linked or folder not in allowed:
            where = "docs/architecture.md" if folder not in allowed else "CMakeLists.txt"
            found.append(f"{where}:1: module {folder}/ is not in it")
            continue
        for dep in sorted(linked[folder] - allowed[folder]):
            found.append(f"CMakeLists.txt:1: {folder} links {dep}, which docs/architecture.md does not allow")
    return found


def check_source(path, folder, text, allowed):
    found = []
    is_header = path.endswith(".h")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        name = match.group(2)
        where = f"{path}:{number}"
        if match.group(1) == '"':
            target = name.split("/")[0]
            if "/" not in name or target not in allowed:
                found.append(f'{where}: include "{name}": our includes are written from src/ on')
            elif target not in allowed[folder]:
                found.append(f'{where}: {folder}/ may not include "{name}": no edge {folder} -> {target} in the module table')
            continue
        prefix = prefix_of(name)
        if prefix is None:
            if not system_header(name):
                found.append(f"{where}: unknown third-party header <{name}>: give its library a folder in {os.path.basename(__file__)}")
            continue
        folders = QUARANTINE[prefix]
        if folders is not None and folder not in folders:
            found.append(f"{where}: <{name}> may be included only in {', '.join(sorted(folders))}")
        if is_header and prefix not in IN_OUR_HEADERS:
            found.append(f"{where}: third-party header <{name}> in a header of ours")
    return found


def check_tree(root):
    found, warned = [], []
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as f:
        cmake = edges_of_cmake(f.read())
    doc_path = os.path.join(root, "docs/architecture.md")
    doc = None
    if os.path.exists(doc_path):
        with open(doc_path, encoding="utf-8") as f:
            doc = edges_of_doc(f.read())
        if doc is None:
            found.append("docs/architecture.md:1: the module table is gone")
    else:
        warned.append("docs/architecture.md does not exist: only CMakeLists.txt's edges are checked")
    try:
        allowed = closure(cmake)
        found += check_edges(cmake, doc)
    except ValueError as error:
        return [f"CMakeLists.txt:1: {error}"], warned

    for top in ROOTS:
        for folder, dirs, files in os.walk(os.path.join(root, top)):
            dirs[:] = sorted(d for d in dirs if d != "__pycache__")
            relative = os.path.relpath(folder, root)
            for name in dirs:
                if name.lower() in FORBIDDEN:
                    found.append(f"{relative}/{name}:1: a folder may not be called {name}: say what is in it")
            for name in sorted(files):
                path = os.path.join(relative, name)
                if not name.endswith(CODE):
                    continue
                with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
                    text = f.read()
                lines = text.count("\n")
                if lines > MAX_LINES:
                    found.append(f"{path}:{MAX_LINES + 1}: {lines} lines, at most {MAX_LINES}: split it by responsibility")
                elif lines > WARN_LINES:
                    warned.append(f"{path} has {lines} lines (aim: {WARN_LINES})")
                # A .cpp beside the header of its name is explained there.
                explained = name.endswith(".cpp") and name[:-4] + ".h" in files
                if (top in ("src", "test") and name.endswith((".cpp", ".h")) and not explained
                        and not text.startswith(("//", "/*"))):
                    found.append(f"{path}:1: the file does not begin with a comment that says why it exists")
                if top == "src" and name.endswith((".cpp", ".h")):
                    module = path.split(os.sep)[1]
                    if module not in allowed:
                        found.append(f"{path}:1: src/{module}/ is no module of CMakeLists.txt")
                    else:
                        found += check_source(path, module, text, allowed)
    return found, warned


def self_test():
    """Each kind of finding is provoked once in a made-up tree."""
    table = "| layer | folder | r | k | may depend on |\n|---|---|---|---|---|\n"
    rows = "| 0 | `base/` | - | - | std, fmt |\n| 1 | `model/` | - | - | base |\n| 2 | `plan/` | - | - | model |\n" \
           "| 3 | `control/` | - | - | layers 0–2 |\n| 6 | `app/` | - | - | all, **Boost** |\n| – | `compiler/` | - | - | base, **bcc** |\n"
    cmake = "burin_library(base LIBS fmt::fmt)\nburin_library(model DEPS base)\nburin_library(plan DEPS model)\n" \
            "burin_library(control DEPS plan)\ntarget_link_libraries(burin PRIVATE burin::control)\n" \
            "target_link_libraries(burin-compile PRIVATE burin::base ${BCC_LIBRARY})\n"
    good = {"CMakeLists.txt": cmake, "docs/architecture.md": table + rows,
            "src/base/a.h": "// why\n#include <vector>\n#include <tl/expected.hpp>\n",
            "src/plan/p.cpp": '// why\n#include "model/m.h"\n#include "base/a.h"\n#include <sys/stat.h>\n',
            "src/compiler/c.cpp": "// why\n#include <bcc/bpf_module.h>\n"}
    cases = [  # what is added or replaced, what must be said
        ({}, None),
        ({"src/model/m.cpp": '// why\n#include "plan/p.h"\n'}, "no edge model -> plan"),
        ({"src/plan/q.cpp": '// why\n#include "p.h"\n'}, "written from src/ on"),
        ({"src/plan/q.cpp": "// why\n#include <yaml-cpp/yaml.h>\n"}, "only in policy"),
        ({"src/plan/q.cpp": "// why\n#include <bpf/libbpf.h>\n"}, "only in compiler, kernel, layout"),
        ({"src/plan/q.cpp": "// why\n#include <llvm/IR/Module.h>\n"}, "unknown third-party header"),
        ({"src/compiler/c.h": "// why\n#include <bcc/bpf_module.h>\n"}, "in a header of ours"),
        ({"src/plan/q.cpp": "#include <vector>\n"}, "does not begin with a comment"),
        ({"src/plan/q.cpp": "// why\n" * 501}, "at most 500"),
        ({"src/util/q.h": "// why\n"}, "may not be called util"),
        ({"CMakeLists.txt": cmake.replace("plan DEPS model", "plan DEPS model control")}, "cycle"),
        ({"CMakeLists.txt": cmake.replace("model DEPS base", "model DEPS base diag") + "burin_library(diag)\n"},
         "does not allow"),
        ({"docs/architecture.md": "nothing"}, "module table is gone"),
    ]
    bad = 0
    for change, expected in cases:
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**good, **change}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            found, _ = check_tree(root)
        if (expected is None and found) or (expected is not None and not any(expected in f for f in found)):
            print(f"self-test: expected {expected!r}, found {found}")
            bad = 1
    print(f"self-test: {len(cases)} trees")
    return bad


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    found, warned = check_tree(os.path.normpath(root))
    for line in warned:
        print("warning:", line)
    for line in found:
        print(line)
    print(f"include_dag: {len(found)} findings, {len(warned)} warnings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
