#!/usr/bin/env bash
# Starts a scavenge on the nodes of an EventStoreDB/KurrentDB cluster: the physical end of keys that were destroyed.
#
#   cluster-scavenge.sh --user NAME --password-file FILE [--ca FILE] URL [URL …]
#
# URL  a node, such as https://log-1:2113. Each node has a copy of its own, so name all of them.
#
# Wardlog cuts the stream of a destroyed key to its last event at once: nobody reads the key any more. From a node's disk it
# goes when that node scavenges the chunk it lies in; the chunk that is being written is left out until it is complete. Not
# while the node is copied (cluster-backup.sh). How far it is the node's log tells, and its web page under "Admin".
set -euo pipefail

user='' password_file='' ca=() nodes=()

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --user | --password-file | --ca)
      [ $# -ge 2 ] || usage
      case $1 in
        --user) user=$2 ;;
        --password-file) password_file=$2 ;;
        --ca) ca=(--cacert "$2") ;;
      esac
      shift 2
      ;;
    http://* | https://*)
      nodes+=("${1%/}")
      shift
      ;;
    *) usage ;;
  esac
done
if [ -z "$user" ] || [ ! -r "$password_file" ] || [ ${#nodes[@]} -eq 0 ]; then usage; fi

failed=0
for node in "${nodes[@]}"; do
  # The password comes by standard input: arguments are shown to everybody on the machine.
  if answer=$(printf 'user = "%s:%s"\n' "$user" "$(<"$password_file")" |
    curl --silent --show-error --fail --max-time 30 "${ca[@]}" --config - --request POST --data '' \
      "$node/admin/scavenge?threads=1"); then
    printf 'scavenge: started on %s: %s\n' "$node" "$answer"
  else
    printf 'scavenge: NOT started on %s\n' "$node" >&2
    failed=1
  fi
done
exit "$failed"
