"""Checks of deploy/ that no ready-made tool does: python3 tests/deploy/checks.py CHECK [ARGUMENT…], at the root.

Prints every fault it finds, one a line, and ends with exit code 1 when there was one.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import yaml

DEPLOY = Path("deploy")
RULES = DEPLOY / "prometheus/alerts.yml"
BOARD = DEPLOY / "grafana/dashboards/wardlog.json"
CATALOGUE = DEPLOY / "metrics.md"
# What Prometheus itself knows of every target and every alert.
OF_PROMETHEUS = {"up", "ALERTS"}
LABELS_OF_PROMETHEUS = {"job", "instance", "alertname", "alertstate", "severity", "le", "__name__"}
WORDS_OF_PROMQL = set(
    "and or unless by without on ignoring group_left group_right offset bool sum min max avg count rate increase changes "
    "absent histogram_quantile predict_linear time vector label_values inf nan deriv delta clamp_min clamp_max topk "
    "min_over_time".split()
)

faults = []


def fault(text):
    faults.append(text)


def read(path):
    return Path(path).read_text(encoding="utf-8")


def document(path):
    return yaml.safe_load(read(path))


def alerts():
    return [rule for group in document(RULES)["groups"] for rule in group["rules"]]


def queries_of_board():
    board = json.loads(read(BOARD))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"board: {panel['title']}", target["expr"]
    for annotation in board["annotations"]["list"]:
        yield f"board: {annotation['name']}", annotation["expr"]
    for variable in board["templating"]["list"]:
        yield f"board: variable {variable['name']}", variable["query"]["query"]


def samples(name, kind):
    """Names of the samples that a figure of OpenMetrics has."""
    suffixes = {
        "counter": ["_total"],
        "histogram": ["_bucket", "_sum", "_count"],
        "summary": ["", "_sum", "_count"],
        "info": ["_info"],
    }
    return {name + suffix for suffix in suffixes.get(kind, [""])}


def exported(path):
    """Sample name -> labels, or None where they are not known: from the body of /metrics, or from the catalogue."""
    names = {}
    if path is not None:
        for line in read(path).splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                for sample in samples(name, kind):
                    names.setdefault(sample, None)
            elif line and not line.startswith("#"):
                name, labels = re.match(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})?", line).groups()
                known = set(re.findall(r'(\w+)="', labels or ""))
                names[name] = (names.get(name) or set()) | known
    for line in read(CATALOGUE).splitlines():
        row = re.match(r"\| `(\w+)` \| (\w+) \| ([^|]*) \|", line)
        if row:
            name, kind, labels = row.groups()
            known = {label.strip(" `") for label in labels.split(",") if label.strip()}
            for sample in samples(name, kind):
                # A real run decides what exists. But a figure with labels appears with its first count: for those the
                # catalogue is believed, which a test of its own holds to a run in which all are counted; and for those that
                # only a log on a cluster has.
                if path is None or known or sample in names or name.startswith("wardlog_cluster_"):
                    names[sample] = (names.get(sample) or set()) | known
    # What backup.sh writes for the node exporter.
    for name in re.findall(r"^# TYPE (\w+) gauge$", read(DEPLOY / "backup.sh"), re.MULTILINE):
        names[name] = set()
    return names


def figures(path=None):
    names = exported(path)
    if len(names) < 20:
        fault(f"{path or CATALOGUE}: only {len(names)} figures were found there")
        return
    queries = [(rule["alert"], rule["expr"]) for rule in alerts()] + list(queries_of_board())
    for place, query in queries:
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)
        # The label lists of `by (…)`, then selectors, then what is left: names of figures and words of PromQL.
        grouped = re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", bare)
        labels = {label.strip() for group in grouped for label in group.split(",")}
        bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", r"\1", bare)
        used = set()
        for name, inside in re.findall(r"(\w+)\s*\{([^}]*)\}", bare):
            used.add(name)
            selected = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside))
            known = names.get(name)
            if name in names and known is not None:
                for label in selected - known - LABELS_OF_PROMETHEUS:
                    fault(f"{place}: `{name}` has no label `{label}`")
        bare = re.sub(r"label_values\((.*),\s*\w+\)", r"\1", re.sub(r"\{[^}]*\}", "", bare))
        bare = re.sub(r"\[[^\]]*\]|\$\w+|\b\d\w*(\.\d+)?\b", "", bare)
        used |= {word for word in re.findall(r"[A-Za-z_:][\w:]*", bare) if word not in WORDS_OF_PROMQL}
        for name in sorted(used - OF_PROMETHEUS):
            if name not in names:
                fault(f"{place}: there is no figure `{name}`")
        known = [names[name] for name in used if name in names]
        if known and all(each is not None for each in known):
            for label in labels - set().union(*known) - LABELS_OF_PROMETHEUS:
                fault(f"{place}: none of its figures has a label `{label}`")
    print(f"{len(queries)} queries against {len(names)} figures")


def heard():
    """Every alert has a test in which it is heard, and one in which it is silent or heard for one instance only."""
    tests = document(DEPLOY / "prometheus/alerts_test.yml")["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    loud = {case["alertname"] for case in cases if case.get("exp_alerts")}
    for rule in alerts():
        if rule["alert"] not in loud:
            fault(f"alerts_test.yml: {rule['alert']} is never heard")
    for name in {case["alertname"] for case in cases} - {rule["alert"] for rule in alerts()}:
        fault(f"alerts_test.yml: there is no alert {name}")


def anchors(path):
    """Anchors of a document's headings, as forges make them."""
    found = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", read(path), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-"): heading for heading in found}


def runbook():
    sections = anchors(DEPLOY / "RUNBOOK.md")
    for rule in alerts():
        target = rule["annotations"].get("runbook", "")
        path, _, anchor = target.partition("#")
        if path != "RUNBOOK.md" or anchor not in sections:
            fault(f"{rule['alert']}: RUNBOOK.md has no section for `{target}`")
        if rule["labels"].get("severity") not in {"critical", "warning", "info"}:
            fault(f"{rule['alert']}: has no severity")
    named = {rule["alert"] for rule in alerts()}
    for name in set(re.findall(r"\bWardlog[A-Z]\w+", read(DEPLOY / "RUNBOOK.md"))) - named:
        fault(f"RUNBOOK.md: there is no alert {name}")
    for name in named - set(re.findall(r"\bWardlog[A-Z]\w+", read(DEPLOY / "RUNBOOK.md"))):
        fault(f"RUNBOOK.md: does not speak of {name}")
    for panel in json.loads(read(BOARD))["panels"]:
        for heading in re.findall(r"Runbook: ([^.]*)", panel.get("description", "")):
            if heading not in sections.values():
                fault(f"board: {panel['title']}: RUNBOOK.md has no section `{heading}`")
    for path in sorted(DEPLOY.glob("*.md")):
        for target in re.findall(r"\]\(([^)\s]+)\)", read(path)):
            file, _, anchor = target.partition("#")
            if "://" in target:
                continue
            there = (path.parent / file) if file else path
            if not there.exists():
                fault(f"{path}: there is no {target}")
            elif anchor and anchor not in anchors(there):
                fault(f"{path}: {there} has no section `#{anchor}`")


def board():
    kept = json.loads(read(BOARD))
    sources = document(DEPLOY / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    uids = {source["uid"] for source in sources}
    identities = [panel["id"] for panel in kept["panels"]]
    if len(set(identities)) != len(identities):
        fault("two panels have the same id")
    taken = {}
    for panel in kept["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            fault(f"{panel['title']}: reaches over the edge")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    fault(f"{panel['title']}: lies over {other}")
        if panel["type"] == "row":
            continue
        if not panel.get("targets"):
            fault(f"{panel['title']}: has no query")
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] not in uids:
                fault(f"{panel['title']}: there is no source {target['datasource']['uid']}")
    provider = document(DEPLOY / "grafana/provisioning/dashboards/wardlog.yml")["providers"][0]["options"]["path"]
    mounted = [volume.split(":") for volume in document(DEPLOY / "compose.yaml")["services"]["grafana"]["volumes"]]
    if ["./grafana/dashboards", provider, "ro"] not in mounted:
        fault(f"compose.yaml does not put the boards at {provider}")


def services():
    main = document(DEPLOY / "compose.yaml")
    include = main["include"][0]["path"]
    match = re.fullmatch(r"compose/\$\{WARDLOG_CLUSTER:-(\w+)\}\.yaml", include)
    if not match or not (DEPLOY / f"compose/{match[1]}.yaml").exists():
        fault(f"compose.yaml: there is no {include}")
        return
    for variant in ("eventstoredb", "kurrentdb"):
        part = document(DEPLOY / f"compose/{variant}.yaml")
        for kind in ("services", "networks", "volumes"):
            for name in set(main.get(kind) or {}) & set(part.get(kind) or {}):
                fault(f"{variant}: {kind} {name} is declared twice")
        whole = {kind: {**(part.get(kind) or {}), **(main.get(kind) or {})} for kind in ("services", "networks", "volumes", "secrets")}
        for name, service in whole["services"].items():
            place = f"{variant}: {name}"
            image = service.get("image", "")
            if not re.search(r":v?\d+\.\d+(\.\d+)?[\w.-]*$", image):
                fault(f"{place}: the image `{image}` is not pinned")
            if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get("security_opt", []):
                fault(f"{place}: keeps rights that it does not need")
            if service.get("privileged") or service.get("pid") or service.get("network_mode") == "host":
                fault(f"{place}: reaches out of its container")
            for other in service.get("depends_on", []):
                if other not in whole["services"]:
                    fault(f"{place}: waits for {other}, which is not there")
            for network in service.get("networks", []):
                if network not in whole["networks"]:
                    fault(f"{place}: there is no network {network}")
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    base = DEPLOY / "compose" if name in part["services"] else DEPLOY
                    if not (base / source).exists():
                        fault(f"{place}: there is no {source}")
                elif source not in whole["volumes"]:
                    fault(f"{place}: there is no volume {source}")
            for file in service.get("env_file", []):
                if file.removeprefix("../") not in read(DEPLOY / "compose/prepare.sh"):
                    fault(f"{place}: prepare.sh does not make {file}")
            for secret in service.get("secrets", []):
                if secret not in whole["secrets"]:
                    fault(f"{place}: there is no secret {secret}")
            for port in service.get("ports", []):
                if not port.startswith(("127.0.0.1:", "${WARDLOG_HTTPS_ADDRESS:-127.0.0.1}:")):
                    fault(f"{place}: listens to the whole world unasked: {port}")
            if re.match(r"(wardlog|proxy|prometheus|grafana)", name) and not service.get("read_only"):
                fault(f"{place}: its root can be written")
        if whole["networks"]["inner"] != {"internal": True}:
            fault(f"{variant}: the inner network is open")
        # Whom Prometheus and the proxy ask must be there.
        for job in document(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]:
            for target in (target for static in job["static_configs"] for target in static["targets"]):
                if target.split(":")[0] not in whole["services"]:
                    fault(f"{variant}: prometheus.yml asks {target}, which is not there")
        for server in re.findall(r"^ +server \S+ ([\w-]+):", read(DEPLOY / "compose/haproxy.cfg"), re.MULTILINE):
            if server not in whole["services"]:
                fault(f"{variant}: haproxy.cfg sends to {server}, which is not there")
        # What prepare.sh writes must fit the names and the paths.
        prepare = read(DEPLOY / "compose/prepare.sh")
        for host in re.findall(r"([\w-]+):2113", prepare):
            if host not in whole["services"]:
                fault(f"{variant}: prepare.sh names {host}, which is not there")
        for secret in whole["secrets"].values():
            if secret["file"].removeprefix("./") not in prepare:
                fault(f"prepare.sh does not make {secret['file']}")


def patched(base, patch):
    """A strategic merge as Kubernetes does it, for the lists that are patched here: their items are told by a key."""
    if isinstance(base, dict) and isinstance(patch, dict):
        both = base.keys() & patch.keys()
        return {**base, **patch, **{key: patched(base[key], patch[key]) for key in both}}
    if isinstance(base, list) and isinstance(patch, list):
        key = "mountPath" if all("mountPath" in item for item in base + patch) else "name"
        own = {item[key]: item for item in base}
        return [patched(own.pop(item[key]), item) if item[key] in own else item for item in patch] + list(own.values())
    return patch


def kubernetes(result):
    folder = DEPLOY / "kubernetes"
    for at in (folder, folder / "cluster"):
        kustomization = document(at / "kustomization.yaml")
        listed = set(kustomization["resources"]) | {patch["path"] for patch in kustomization.get("patches", [])}
        there = {path.name for path in at.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}
        for name in there - listed:
            fault(f"{at}: {name} is not listed")
        for name in listed - there - {".."}:
            fault(f"{at}: there is no {name}")
    objects = [document(path) for path in folder.glob("*.yaml") if path.name != "kustomization.yaml"]
    by_kind = {}
    for each in objects:
        by_kind.setdefault(each["kind"], {})[each["metadata"]["name"]] = each
    workload = by_kind["StatefulSet"]["wardlog"]
    template = workload["spec"]["template"]
    labels, pod = template["metadata"]["labels"], template["spec"]
    container = pod["containers"][0]
    ports = {port["name"] for port in container["ports"]}

    def selects(place, selector):
        if not selector or not selector.items() <= labels.items():
            fault(f"{place}: selects no pod")

    selects("StatefulSet", workload["spec"]["selector"]["matchLabels"])
    if workload["spec"]["serviceName"] not in by_kind["Service"]:
        fault("StatefulSet: its service is not there")
    for name, service in by_kind["Service"].items():
        selects(f"Service {name}", service["spec"]["selector"])
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in ports:
                fault(f"Service {name}: there is no port {port['targetPort']}")
    selects("PodDisruptionBudget", by_kind["PodDisruptionBudget"]["wardlog"]["spec"]["selector"]["matchLabels"])
    policies = list(by_kind["NetworkPolicy"].values()) + [document(folder / "cluster/networkpolicy-cluster.yaml")]
    for policy in policies:
        selects(f"NetworkPolicy {policy['metadata']['name']}", policy["spec"]["podSelector"]["matchLabels"])
    first = by_kind["NetworkPolicy"]["wardlog"]["spec"]
    if set(first["policyTypes"]) != {"Ingress", "Egress"} or first["egress"]:
        fault("NetworkPolicy wardlog: does not close what is not named")
    if pod["serviceAccountName"] not in by_kind["ServiceAccount"] or pod.get("automountServiceAccountToken") is not False:
        fault("the pod has rights in the cluster that it does not need")
    for source in container["envFrom"]:
        if source["configMapRef"]["name"] not in by_kind["ConfigMap"]:
            fault("there is no ConfigMap for the pod")
    for variable in container["env"]:
        reference = variable["valueFrom"]["secretKeyRef"]
        if reference["key"] not in by_kind["Secret"][reference["name"]]["stringData"]:
            fault(f"secret.example.yaml has no {reference['key']}")
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in workload["spec"]["volumeClaimTemplates"]}
    for mount in container["volumeMounts"]:
        if mount["name"] not in volumes:
            fault(f"there is no volume {mount['name']}")
    # What the level `restricted` demands, and a read-only root beside it.
    whole, own = pod["securityContext"], container["securityContext"]
    for name, good in {
        "runs as root": whole.get("runAsNonRoot") is True and whole.get("runAsUser", 0) > 0,
        "has no seccomp profile": whole.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "may gain rights": own.get("allowPrivilegeEscalation") is False,
        "keeps capabilities": own.get("capabilities", {}).get("drop") == ["ALL"],
        "can write its root": own.get("readOnlyRootFilesystem") is True,
        "has no limit of memory": "memory" in container["resources"].get("limits", {}),
        "is probed elsewhere than at /healthz and /readyz": [
            container.get(probe, {}).get("httpGet", {}).get("path")
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        ]
        == ["/healthz", "/healthz", "/readyz"],
    }.items():
        if not good:
            fault(f"the pod {name}")
    patch = document(folder / "cluster/statefulset.patch.yaml")
    if patch["metadata"]["name"] != "wardlog" or patch["spec"]["template"]["spec"]["containers"][0]["name"] != container["name"]:
        fault("cluster/statefulset.patch.yaml: fits nothing")
    whole = patched(workload, patch)
    if whole["spec"]["replicas"] < 3 or len(whole["spec"]["template"]["spec"]["containers"]) != 1:
        fault("cluster/statefulset.patch.yaml: does not make several nodes of the one")
    Path(result).write_text(yaml.safe_dump(whole), encoding="utf-8")
    secret = document(folder / "cluster/secret.example.yaml")
    if patch["spec"]["template"]["spec"]["volumes"][0]["secret"]["secretName"] != secret["metadata"]["name"]:
        fault("cluster/statefulset.patch.yaml: there is no such secret")


def probe(binary):
    """The probe of the image against a server that answers 200, then 503, then against nobody."""

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        status, asked = 200, []

        def do_GET(self):
            Answer.asked.append(self.path)
            self.send_response(Answer.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listen = {**os.environ, "WARDLOG_LISTEN": f"0.0.0.0:{server.server_address[1]}"}
    for status, expected in ((200, 0), (503, 1)):
        Answer.status = status
        got = subprocess.run([binary], env=listen, check=False).returncode
        if got != expected:
            fault(f"the probe ends with {got} when the server answers {status}")
    server.shutdown()
    server.server_close()
    if subprocess.run([binary], env=listen, check=False).returncode != 1:
        fault("the probe finds a server where none is")
    if set(Answer.asked) != {"/healthz"}:
        fault(f"the probe asks for {Answer.asked}")


CHECKS = {each.__name__: each for each in (figures, heard, runbook, board, services, kubernetes, probe)}

if __name__ == "__main__":
    CHECKS[sys.argv[1]](*sys.argv[2:])
    print("\n".join(faults))
    sys.exit(1 if faults else 0)
