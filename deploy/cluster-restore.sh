#!/usr/bin/env bash
# Puts a copy made by cluster-backup.sh into the database folder of one stopped node. Repeat it for each node of the
# cluster with the same copy, and start them only then.
#
#   cluster-restore.sh --from BACKUP --db DIR
#
# --from BACKUP  one copy, a folder named cluster-<time>
# --db DIR       the node's database folder; what is there now is moved aside to DIR/before-<time>
set -euo pipefail

from='' db=''

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --from) from=${2%/} ;;
    --db) db=${2%/} ;;
    *) usage ;;
  esac
  shift 2
done
if [ -z "$from" ] || [ -z "$db" ]; then usage; fi

(cd "$from" && sha256sum --check --strict --quiet SHA256SUMS) || {
  echo "cluster-restore.sh: $from is not as it was written; take another copy" >&2
  exit 3
}
mkdir -p "$db"
# A node keeps its writer's checkpoint open while it runs.
if command -v fuser >/dev/null && [ -e "$db/writer.chk" ] && fuser --silent "$db/writer.chk" 2>/dev/null; then
  echo "cluster-restore.sh: a node runs on $db: stop it first" >&2
  exit 1
fi
if [ -n "$(ls --almost-all "$db")" ]; then
  aside=$db/before-$(date --utc +%Y%m%dT%H%M%SZ)
  mkdir "$aside"
  find "$db" -mindepth 1 -maxdepth 1 ! -name 'before-*' -exec mv --target-directory="$aside" {} +
  echo "cluster restore: what was there is now $aside"
fi
find "$from" -mindepth 1 -maxdepth 1 ! -name SHA256SUMS -exec cp --recursive --preserve=mode,timestamps --target-directory="$db" {} +
# The node then cuts off what was written after the checkpoints were copied.
cp "$db/chaser.chk" "$db/truncate.chk"
# As root: the files belong to whom the folder belongs to (the user of the database).
if [ "$(id -u)" -eq 0 ]; then
  chown --recursive --reference "$db" "$db"
fi
printf 'cluster restore: %s is in place; restore the other nodes from the same copy, then start them all\n' "$db"
