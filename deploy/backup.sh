#!/usr/bin/env bash
# Copies a data folder beside the running server, verifies the copy and notes how far it reaches.
#
#   backup.sh --data DIR --to DIR [--master-key FILE] [--keep NUMBER] [--textfile DIR]
#
# --to DIR        folder of the backups; each backup is a new folder in it, named by its time in UTC
# --keep NUMBER   afterwards only the newest NUMBER backups stay (default: all stay)
# --textfile DIR  writes wardlog_backup.prom there, for the textfile collector of Prometheus' node exporter
#
# The binary is `wardlog`, or what WARDLOG names. The master key is never part of a backup. For a log on a cluster see
# cluster-backup.sh: run that one first, then this one, so that every event of the copy has its key.
set -euo pipefail

wardlog=${WARDLOG:-wardlog}
data='' to='' keep='' textfile='' key=()

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --data) data=$2 ;;
    --to) to=$2 ;;
    --master-key) key=(--master-key "$2") ;;
    --keep) keep=$2 ;;
    --textfile) textfile=$2 ;;
    *) usage ;;
  esac
  shift 2
done
if [ -z "$data" ] || [ -z "$to" ]; then usage; fi
[[ $keep =~ ^([1-9][0-9]*)?$ ]] || usage

umask 077
mkdir -p "$to"
name=wardlog-$(date --utc +%Y%m%dT%H%M%SZ)
partial=$to/.partial-$name
# What broke off is no backup: nothing with this name is ever looked at.
trap 'rm -rf "$partial"' EXIT

"$wardlog" backup --data "$data" "${key[@]}" --to "$partial"

# How far it reaches: the number of events, and the last one as it is exported (its personal fields stay sealed). A node of
# a cluster has no log to copy: only keyring and accounts.
events=0 last=none
if [ -f "$partial/log.db" ]; then
  verified=$("$wardlog" verify --data "$partial" "${key[@]}")
  events=$(sed -n 's/^intact: \([0-9]*\) events .*/\1/p' <<<"$verified")
  [ -n "$events" ] || { echo "backup.sh: not understood: $verified" >&2; exit 1; }
  if [ "$events" -gt 0 ]; then
    last=$("$wardlog" export --data "$partial" "${key[@]}" --after "$((events - 1))" | tail -n 1 | sha256sum | cut -d ' ' -f 1)
  fi
fi
# Reading has opened the copy; what SQLite left beside it is empty and belongs to no backup.
rm -f "$partial"/*.db-shm "$partial"/*.db-wal
{
  printf 'version %s\n' "$("$wardlog" --version | cut -d ' ' -f 2)"
  printf 'events %s\n' "$events"
  printf 'last %s\n' "$last"
} >"$partial/HEAD"
(cd "$partial" && sha256sum ./*.db HEAD >SHA256SUMS)
sync -f "$partial"
mv "$partial" "$to/$name"

if [ -n "$keep" ]; then
  find "$to" -mindepth 1 -maxdepth 1 -type d -name 'wardlog-2*Z' -print0 |
    sort --zero-terminated --reverse | tail --zero-terminated --lines "+$((keep + 1))" | xargs --null --no-run-if-empty rm -rf
fi

if [ -n "$textfile" ]; then
  cat >"$textfile/.wardlog_backup.prom" <<END
# HELP wardlog_backup_last_success_timestamp_seconds When the last whole backup ended, since 1970
# TYPE wardlog_backup_last_success_timestamp_seconds gauge
wardlog_backup_last_success_timestamp_seconds $(date +%s)
# HELP wardlog_backup_events Events in the last whole backup
# TYPE wardlog_backup_events gauge
wardlog_backup_events $events
END
  chmod 0644 "$textfile/.wardlog_backup.prom"
  mv "$textfile/.wardlog_backup.prom" "$textfile/wardlog_backup.prom"
fi
if [ -f "$to/$name/log.db" ]; then
  printf 'backup: %s holds %s events, verified\n' "$to/$name" "$events"
else
  printf 'backup: %s holds keyring and accounts; the log is in the cluster\n' "$to/$name"
fi
