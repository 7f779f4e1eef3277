"""Reads the figures that the tests have kept with the reference parser of OpenMetrics: python3 openmetrics.py FILE."""

import sys

from prometheus_client.openmetrics.parser import text_fd_to_metric_families

with open(sys.argv[1], encoding="utf-8") as kept:
    families = list(text_fd_to_metric_families(kept))

samples = sum(len(family.samples) for family in families)
print(f"{len(families)} families with {samples} samples, as OpenMetrics demands")
if not families:
    sys.exit("nothing was read")
