#!/usr/bin/env bash
# Proves that a backup can be restored: restores it into a temporary folder, verifies every digest, compares the head,
# opens the keyring with the master key, builds the views. Touches neither the backup nor the live folder.
#
#   restore-drill.sh --from DIR [--master-key FILE] [--data DIR]
#
# --from DIR         one backup, or the folder of the backups: then the newest is taken
# --master-key FILE  the copy of the master key that is kept elsewhere; without it keys and views are not tried
# --data DIR         the live folder: its log must hold the last event of the backup at the same position
#
# The binary is `wardlog`, or what WARDLOG names. The last line says `restore drill: passed` or `restore drill: FAILED`.
set -euo pipefail

wardlog=${WARDLOG:-wardlog}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
from='' key='' data=''

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --from) from=${2%/} ;;
    --master-key) key=$2 ;;
    --data) data=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[ -n "$from" ] || usage

begun=$SECONDS
step="looking for a backup"
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'printf "restore drill: FAILED while %s\n" "$step" >&2' ERR

if [ ! -f "$from/HEAD" ]; then
  from=$(find "$from" -mindepth 1 -maxdepth 1 -type d -name 'wardlog-2*Z' | sort | tail -n 1)
  [ -n "$from" ]
fi
of() { sed -n "s/^$1 //p" "$from/HEAD"; }
events=$(of events)
last=$(of last)

# The last event of the backup, as a log at hand has it.
event_at_head() {
  "$wardlog" export --data "$1" --after "$((events - 1))" >"$room/exported.ndjson"
  head -n 1 "$room/exported.ndjson" | sha256sum | cut -d ' ' -f 1
}

step="restoring $from"
"$here/restore.sh" --from "$from" --data "$room/data" >"$room/restored"
grep '^intact: ' "$room/restored"

step="comparing the number of events"
grep -q "^intact: $events events " "$room/restored"

if [ "$events" -gt 0 ]; then
  step="comparing the last event with the one the backup has noted"
  [ "$(event_at_head "$room/data")" = "$last" ]
  if [ -n "$data" ]; then
    step="comparing the last event with the live log"
    [ "$(event_at_head "$data")" = "$last" ]
  fi
fi

if [ -n "$key" ]; then
  step="opening the keyring with the master key"
  "$wardlog" backup --data "$room/data" --master-key "$key" --to "$room/again" >/dev/null
  step="building the views"
  "$wardlog" rebuild --data "$room/data" --master-key "$key" >"$room/rebuilt"
fi

printf 'restore drill: passed: %s holds %s events, head %.12s, %s, written by version %s, in %d s\n' \
  "$(basename "$from")" "$events" "$last" \
  "$([ -n "$key" ] && echo 'keyring opened, views built' || echo 'keyring and views NOT tried')" \
  "$(of version)" "$((SECONDS - begun))"
