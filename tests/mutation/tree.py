# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutated copy of the project: one build with all mutants in it, in build/mutation."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import rewrite
import sites

PROJECT = pathlib.Path(__file__).resolve().parents[2]
WORK = PROJECT / "build" / "mutation"
TREE = WORK / "tree"
BUILD = WORK / "build"
ROOMS = ("shm", "plugin", "metrics", "documents", "http-bridge", "cli", "viewer-qt")
NOT_MUTATED = {"plugin/goxel_plugin.h"}  # C, and nothing in it runs
NUMBERS_A_FILE = 2000  # so that a change in one file leaves the numbers, and the objects, of the others
ROUNDS = 8


class Trouble(Exception):
    """One sentence for the user of tests/mutation/run."""


def output_of(command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def files():
    """Paths, relative to the project, of all its files; and of those, which are mutated."""
    listed = output_of(["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT).splitlines()
    present = sorted(path for path in listed if (PROJECT / path).is_file())
    mutated = [path for path in present
               if path.split("/")[0] in ROOMS and path.endswith((".cpp", ".h")) and path not in NOT_MUTATED]
    return present, mutated


def put(path, content):
    """Writes a file of the copy, if that changes it: its time decides what is built again."""
    target = TREE / path
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod((PROJECT / path).stat().st_mode)


def copy(present, mutated):
    for path in present:
        if path not in mutated or not (TREE / path).exists():
            put(path, (PROJECT / path).read_bytes())
    kept = set(present)
    for path in list(TREE.rglob("*")):
        if path.is_file() and str(path.relative_to(TREE)) not in kept:
            path.unlink()


def configure():
    """Configures the copy, and generates the headers that its sources include."""
    flags = "-O1 -w"
    output_of(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
               "-DCMAKE_AUTOGEN_ORIGIN_DEPENDS=OFF",
               f"-DCMAKE_CXX_FLAGS_RELWITHDEBINFO={flags}", f"-DCMAKE_C_FLAGS_RELWITHDEBINFO={flags}"])
    targets = (line.split(":")[0] for line in output_of(["ninja", "-C", BUILD, "-t", "targets", "all"]).splitlines())
    generated = [target for target in targets if target.endswith("_autogen") and "/" not in target]
    if generated:
        output_of(["ninja", "-C", BUILD, *generated])


# --- where ---


def look(job):
    source, flags, mutated = job
    wanted = {str(PROJECT / path): (PROJECT / path).read_bytes() for path in mutated}
    found, errors = sites.sites_of(source, flags, wanted)
    return [vars(site) for site in found], errors


def units(mutated):
    """(source, flags) of each translation unit, as the project itself would compile it."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], TREE)
        if path not in mutated:
            continue
        words = entry["command"].replace('\\"', '"').split()
        flags = [word for word in words if word.startswith(("-I", "-D", "-U", "-std"))]
        flags += [word for at, each in enumerate(words) if each == "-isystem" for word in ("-isystem", words[at + 1])]
        yield path, [flag.replace(str(TREE), str(PROJECT)) for flag in flags]


def places(mutated, jobs):
    """The sites of each file. They are kept by content: an unchanged file is not looked at again."""
    cache = WORK / "sites"
    cache.mkdir(parents=True, exist_ok=True)
    rules = pathlib.Path(sites.__file__).read_bytes()
    kept = {path: cache / hashlib.sha256(rules + path.encode() + (PROJECT / path).read_bytes()).hexdigest() for path in mutated}
    missing = [path for path in mutated if not kept[path].exists()]
    headers = any(path.endswith(".h") for path in missing)
    work = [(str(PROJECT / path), flags, mutated) for path, flags in units(mutated) if headers or path in missing]
    found = {path: [] for path in missing}
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        for seen, errors in pool.map(look, work):
            for error in errors:
                print(f"mutation: {error}", file=sys.stderr)
            of_unit = {}
            for site in seen:
                of_unit.setdefault(os.path.relpath(site["path"], PROJECT), []).append(site)
            for path, these in of_unit.items():  # one unit may see more of a header than another
                if path in found and len(these) > len(found[path]):
                    found[path] = these
    for path in missing:
        kept[path].write_text(json.dumps(found[path]))
    return {path: json.loads(kept[path].read_text()) for path in mutated}


def number(by_file):
    """All mutants, each with its number and a key that stays as long as its line does."""
    mutants = []
    for index, (path, found) in enumerate(sorted(by_file.items())):
        unique = {(each["begin"], each["end"], each["operator"], each["new"]): each for each in found}
        if len(unique) >= NUMBERS_A_FILE:
            raise Trouble(f"{path} has more than {NUMBERS_A_FILE} places")
        lines = (PROJECT / path).read_text().split("\n")
        times = {}
        for offset, (_, each) in enumerate(sorted(unique.items())):
            site = sites.Site(**{**each, "path": path, "parts": tuple(map(tuple, each["parts"]))})
            site.number = 1 + index * NUMBERS_A_FILE + offset
            key = f"{path} | {' '.join(lines[site.line - 1].split())} | {site.operator}: {site.change}"
            times[key] = times.get(key, 0) + 1
            site.key = key if times[key] == 1 else f"{key} #{times[key]}"
            mutants.append(site)
    return mutants


# --- the build ---


def refused_by_compiler(errors, by_file):
    """Keys of the mutants on those lines that a compiler's error names."""
    for line in errors.splitlines():
        place, found, _ = line.partition(": error:")
        parts = place.rsplit(":", 2)
        if found and len(parts) == 3 and parts[1].isdigit():
            path = os.path.relpath(os.path.join(BUILD, parts[0]), TREE)
            yield from (site.key for site in by_file.get(path, ()) if site.line == int(parts[1]))


def build(jobs, say):
    """Makes and builds the copy. Returns the mutants in it: a place that does not compile with its mutant stays as it is."""
    present, mutated = files()
    copy(present, mutated)
    configure()
    say("looking for places to mutate")
    mutants = number(places(mutated, jobs))
    memory = WORK / "refused.json"
    refused = set(json.loads(memory.read_text())) if memory.exists() else set()
    for _ in range(ROUNDS):
        by_file = {path: [] for path in mutated}
        for site in mutants:
            if site.key not in refused:
                by_file[site.path].append(site)
        for path, these in by_file.items():
            content = (PROJECT / path).read_bytes()
            put(path, rewrite.rewrite(content, these) if these else content)
        compiled = sum(map(len, by_file.values()))
        say(f"building {compiled} mutants into one tree" + (f"; {len(mutants) - compiled} do not compile" if refused else ""))
        finished = subprocess.run(["ninja", "-k", "0", "-j", str(jobs), "-C", BUILD], capture_output=True, text=True)
        if finished.returncode == 0:
            return [site for these in by_file.values() for site in these]
        wrong = set(refused_by_compiler(finished.stdout, by_file)) - refused
        if not wrong:
            raise Trouble("the mutated copy does not build:\n" + finished.stdout[-3000:])
        refused |= wrong
        memory.write_text(json.dumps(sorted(refused)))
    raise Trouble(f"the mutated copy does not build after {ROUNDS} rounds of leaving places out")
