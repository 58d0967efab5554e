"""Median microseconds of rendering the list with airspeed, parsed once."""
import json
import sys
import time

import airspeed

with open(sys.argv[1], encoding="utf-8") as file:
    template = airspeed.Template(json.load(file)["list"]["template"])
items = [
    {"id": {"S": f"item-{i}"}, "n": {"N": str(i)}, "title": {"S": f"It's \"number\" {i}, a/b"},
     "opt": {"S": "" if i % 2 else "yes"}}
    for i in range(100)
]
BODY = json.dumps({"Items": items})


class Input:
    def path(self, _):
        return json.loads(BODY)


class Util:
    def escapeJavaScript(self, text):
        return json.dumps(str(text))[1:-1].replace("'", "\\'").replace("/", "\\/")


def render():
    return template.merge({"input": Input(), "util": Util()})


assert "item-99" in render()
times = []
for _ in range(31):
    start = time.perf_counter()
    render()
    times.append((time.perf_counter() - start) * 1e6)
print(sorted(times)[15])
