#!/usr/bin/env bash
# Copies the files of one node of an EventStoreDB/KurrentDB cluster while it runs, in the order that the database needs:
# index, then checkpoints, then chunks. Run it on a follower that is up to date, and never while that node scavenges.
#
#   cluster-backup.sh --db DIR --to DIR
#
# --db DIR   the node's database folder, with chk-* files (/var/lib/eventstore or /var/lib/kurrentdb)
# --to DIR   folder of the backups; each is a new folder in it, named by its time in UTC
#
# A node's copy restores any number of nodes; files of two nodes must never be mixed. Run backup.sh for the keyring and
# the accounts AFTER this: then every event of the copy has its key.
set -euo pipefail

db='' to=''

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --db) db=${2%/} ;;
    --to) to=$2 ;;
    *) usage ;;
  esac
  shift 2
done
if [ -z "$db" ] || [ -z "$to" ]; then usage; fi
for file in chaser.chk epoch.chk proposal.chk truncate.chk writer.chk; do
  [ -f "$db/$file" ] || { echo "cluster-backup.sh: $db has no $file: it is not the folder of a node" >&2; exit 1; }
done

umask 077
mkdir -p "$to"
name=cluster-$(date --utc +%Y%m%dT%H%M%SZ)
partial=$to/.partial-$name
trap 'rm -rf "$partial"' EXIT
mkdir "$partial"
# The node may merge index files and begin a chunk meanwhile; what is newer than the checkpoints is cut off at the restore.
if [ -d "$db/index" ]; then
  cp --recursive --preserve=mode,timestamps "$db/index" "$partial/index"
fi
# The writer's checkpoint last: no checkpoint may be ahead of it.
for file in chaser.chk epoch.chk proposal.chk truncate.chk writer.chk; do
  cp --preserve=mode,timestamps "$db/$file" "$partial/"
done
find "$db" -maxdepth 1 -type f -name 'chk-*.*' -print0 | sort --zero-terminated |
  xargs --null --no-run-if-empty cp --preserve=mode,timestamps --target-directory="$partial"
ls "$partial"/chk-*.* >/dev/null
sums=$(cd "$partial" && find . -type f -print0 | sort --zero-terminated | xargs --null sha256sum)
printf '%s\n' "$sums" >"$partial/SHA256SUMS"
sync -f "$partial"
mv "$partial" "$to/$name"
printf 'cluster backup: %s holds %s chunks\n' "$to/$name" "$(find "$to/$name" -maxdepth 1 -name 'chk-*' | wc -l)"
