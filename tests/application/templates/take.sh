#!/usr/bin/env bash
# take.sh FOLDER TEMPLATE LIST LINE: what CONTRIBUTING.md tells whoever adds something to do, but below FOLDER instead of in the
# tree: the template copied under the name `mine`, and one line more in the list. Run in the project's root.
set -euo pipefail
folder=$1 template=$2 list=$3 line=$4
copy=$folder/${template/_template/_mine}
mkdir -p "$(dirname "$copy")" "$(dirname "$folder/$list")"
sed 's/Template/Mine/g; s/template/mine/g' "$template" > "$copy"
{ cat "$list"; echo "$line"; } > "$folder/$list"
