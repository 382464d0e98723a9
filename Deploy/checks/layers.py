#!/usr/bin/env python3
"""Holds the package against its layers: what the Swift files of Sources import, and what the manifest lets them import.

A target imports only targets of lower layers, a C module is imported by its owner alone, and nothing of the product depends on
the tests' own targets. Prints one line a fault and exits 1 when there is one.

Usage: layers.py [FOLDER OF Package.swift]
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# Lowest first. Targets of one layer do not import each other. A new target is added here first.
LAYERS = [
    {
        "CCrypto", "CProtobufC", "CProtos", "CZeroMQ", "CSystem", "CKernels", "CSentencePiece", "CArchive", "CZlib", "CLibPQ",
        "Locks", "Stemming",
    },
    {"Wire", "Prometheus", "Kernels", "RationaleQuality", "TextCleaning", "Evaluation", "Baselines"},
    {"Transport", "Reflection", "Tokenizers", "ModelFiles", "Datasets", "SampleShop"},
    {"RPC", "LlamaModel", "T5Model", "Store"},
    {"Daemons", "RationaleStreams"},
    {"Teacher", "Student"},
    {"teacherd", "studentd", "rdrec"},
]

# The C modules, and the only Swift target that may import each.
OWNERS = {
    "CCrypto": "ModelFiles",
    "CProtobufC": "Wire",
    "CProtos": "Wire",
    "CZeroMQ": "Transport",
    "CSystem": "Transport",
    "CKernels": "Kernels",
    "CSentencePiece": "Tokenizers",
    "CArchive": "Datasets",
    "CZlib": "Datasets",
    "CLibPQ": "Store",
}

LAYER = {target: number for number, layer in enumerate(LAYERS) for target in layer}

IMPORT = re.compile(
    r"(?:^|;)[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:typealias|struct|class|enum|protocol|let|var|func)[ \t]+)?(\w+)",
    re.MULTILINE,
)


def use_fault(user, used):
    """What is wrong when target `user` depends on target `used`, both of the table; None when nothing is."""
    if used in OWNERS:
        if user in OWNERS or OWNERS[used] == user:
            return None
        return f"{used} is imported by {OWNERS[used]} alone; {user} has to go through it"
    if LAYER[used] >= LAYER[user]:
        return f"{user} (layer {LAYER[user]}) may import only lower layers, and {used} is of layer {LAYER[used]}"
    return None


def manifest_faults(manifest):
    """Faults of the targets in `manifest`, the object that `swift package dump-package` prints."""
    targets = {target["name"]: target for target in manifest["targets"]}
    of_tests = {name for name, target in targets.items() if is_of_tests(target)}
    faults = []
    for name, target in targets.items():
        if name in of_tests:
            continue
        if name not in LAYER:
            faults.append(f"Package.swift: target {name} is in no layer: add it to LAYERS in Deploy/checks/layers.py")
            continue
        for dependency in target["dependencies"]:
            used = (dependency.get("byName") or dependency.get("target") or [None])[0]
            if used in of_tests:
                faults.append(f"Package.swift: {name} depends on {used}, which belongs to the tests")
            elif used in LAYER:
                fault = use_fault(name, used)
                if fault:
                    faults.append(f"Package.swift: {fault}")
    return faults


def is_of_tests(target):
    return target["type"] == "test" or (target.get("path") or "").startswith("Tests/")


def source_faults(root, manifest):
    """Faults of the folders and Swift files below `root`/Sources. A module that is no target of the manifest and not in the
    table comes from outside, and is the manifest's affair."""
    of_tests = {target["name"] for target in manifest["targets"] if is_of_tests(target)}
    faults = []
    for folder in sorted(path for path in (root / "Sources").iterdir() if path.is_dir()):
        user = folder.name
        if user not in LAYER:
            faults.append(f"Sources/{user}: in no layer: add it to LAYERS in Deploy/checks/layers.py")
            continue
        for file in sorted(folder.rglob("*.swift")):
            text = file.read_text(encoding="utf-8")
            for match in IMPORT.finditer(text):
                used = match.group(1)
                place = f"{file.relative_to(root)}:{text.count(chr(10), 0, match.start(1)) + 1}"
                if used in of_tests:
                    faults.append(f"{place}: {user} imports {used}, which belongs to the tests")
                elif used in LAYER and used != user:
                    fault = use_fault(user, used)
                    if fault:
                        faults.append(f"{place}: {fault}")
    return faults


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2]
    dump = subprocess.run(["swift", "package", "dump-package"], cwd=root, check=True, stdout=subprocess.PIPE).stdout
    manifest = json.loads(dump)
    faults = manifest_faults(manifest) + source_faults(root, manifest)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
