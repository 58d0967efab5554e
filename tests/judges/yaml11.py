"""Reads every YAML template with PyYAML, which knows YAML 1.1 as CloudFormation does, and holds it against the JSON one.

Arguments: files named X.template.json and X.template.yaml. Prints a line for each pair; ends with 1 at a difference.
"""

import json
import sys

import yaml


def canonical(document):
    # Fails for what JSON does not have: a date, where `2012-10-17` stood without quotes.
    return json.dumps(document, sort_keys=True)


for path in sys.argv[1:]:
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            expected = canonical(json.load(file))
        with open(path[: -len("json")] + "yaml", encoding="utf-8") as file:
            actual = canonical(yaml.load(file, Loader=yaml.SafeLoader))
        if actual != expected:
            sys.exit(f"{path}: YAML and JSON differ")
        print(path)
