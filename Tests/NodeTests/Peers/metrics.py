"""Reads metrics with the parser of Prometheus's own client, and prints them as JSON: by name with labels, the value."""
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

if sys.argv[1] == "--check":
    sys.exit()
with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
samples, kinds = {}, {}
for family in text_string_to_metric_families(text):
    kinds[family.name] = family.type
    if not family.documentation:
        sys.exit(f"{family.name} has no help")
    for sample in family.samples:
        labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
        name = f"{sample.name}{{{labels}}}"
        if name in samples:
            sys.exit(f"{name} is there twice")
        samples[name] = sample.value
print(json.dumps({"samples": samples, "kinds": kinds}))
