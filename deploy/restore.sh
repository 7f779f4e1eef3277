#!/usr/bin/env bash
# Puts a backup made by backup.sh in place of a data folder, after checking it. The service must be stopped.
#
#   restore.sh --from BACKUP --data DIR
#
# --from BACKUP   one backup, a folder named wardlog-<time>
# --data DIR      the data folder; what is there now is moved aside to DIR.before-<time>, never removed
#
# The binary is `wardlog`, or what WARDLOG names. The master key is not in the backup: put it in its own place. Afterwards
# repeat the erasures that were made since the backup (RUNBOOK.md, "Restore").
set -euo pipefail

wardlog=${WARDLOG:-wardlog}
from='' data=''

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --from) from=$2 ;;
    --data) data=${2%/} ;;
    *) usage ;;
  esac
  shift 2
done
if [ -z "$from" ] || [ -z "$data" ]; then usage; fi

# Nothing is touched before the backup is known to be whole.
(cd "$from" && sha256sum --check --strict --quiet SHA256SUMS) || {
  echo "restore.sh: $from is not as it was written; take another backup" >&2
  exit 3
}
# The server holds a lock on this file while it runs.
if [ -e "$data/log.db.lock" ] && ! flock --nonblock "$data/log.db.lock" true; then
  echo "restore.sh: a server runs on $data: stop it first" >&2
  exit 1
fi

umask 077
mkdir -p "$(dirname "$data")"
incoming=$data.incoming
rm -rf "$incoming"
mkdir "$incoming"
trap 'rm -rf "$incoming"' EXIT
cp --preserve=mode,timestamps "$from"/*.db "$incoming/"
"$wardlog" verify --data "$incoming"
if [ -e "$data" ]; then
  aside=$data.before-$(date --utc +%Y%m%dT%H%M%SZ)
  mv "$data" "$aside"
  echo "restore: what was there is now $aside"
fi
mv "$incoming" "$data"
# As root: the folder belongs to whom its parent belongs to (the user of the service).
if [ "$(id -u)" -eq 0 ]; then
  chown --recursive --reference "$(dirname "$data")" "$data"
fi
printf 'restore: %s is in place with %s; start the service: the views are built from the log\n' \
  "$data" "$(sed -n 's/^events \(.*\)/\1 events/p' "$from/HEAD")"
