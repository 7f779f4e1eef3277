#!/usr/bin/env bash
# Makes what compose.yaml needs and no repository may hold: passwords of the cluster and of Grafana, the settings with the
# connection string, a certificate for the proxy that signs itself. What is there already stays as it is.
#
#   prepare.sh [HOST…]    names of the proxy's certificate (default: localhost)
#
# Put a certificate that browsers trust, with its key behind it, into secrets/proxy.pem instead of the made one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hosts=("$@")
if [ ${#hosts[@]} -eq 0 ]; then hosts=(localhost); fi

# The folder keeps others on this machine out; the files are readable because containers run as users of their own.
mkdir -p secrets
chmod 0700 secrets
umask 022

word() {
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

if [ ! -f secrets/wardlog.toml ]; then
  admin=$(word)
  ops=$(word)
  printf 'EVENTSTORE_DEFAULT_ADMIN_PASSWORD=%s\nEVENTSTORE_DEFAULT_OPS_PASSWORD=%s\n' "$admin" "$ops" >secrets/eventstoredb.env
  printf 'KURRENTDB_DEFAULT_ADMIN_PASSWORD=%s\nKURRENTDB_DEFAULT_OPS_PASSWORD=%s\n' "$admin" "$ops" >secrets/kurrentdb.env
  # Read by the one who starts the containers, not in them.
  chmod 0600 secrets/*.env
  printf '%s' "$ops" >secrets/ops-password
  cat >secrets/wardlog.toml <<END
# Reading everything in the order of the log needs a user that may read \$all: admin, or one with that right.
log = "esdb://admin:$admin@log-1:2113,log-2:2113,log-3:2113?tls=true&tlsCaFile=/run/cluster-trust/ca.crt"
END
fi
[ -f secrets/grafana-password ] || word >secrets/grafana-password
if [ ! -f secrets/proxy.pem ]; then
  names=$(printf ',DNS:%s' "${hosts[@]}")
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "/CN=${hosts[0]}" \
    -addext "subjectAltName=${names#,}" -keyout secrets/proxy.key -out secrets/proxy.crt 2>/dev/null
  cat secrets/proxy.crt secrets/proxy.key >secrets/proxy.pem
  rm secrets/proxy.crt secrets/proxy.key
  chmod 0644 secrets/proxy.pem
fi
echo "secrets are in $(pwd)/secrets; the master key is made by the first node, in the volume wardlog-key: keep a copy"
