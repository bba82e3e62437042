#!/usr/bin/env bash
# The installation as a user has it: check.sh CMAKE BUILD SOURCE MPICC MPIEXEC
# Installed into the build folder and moved from there; the program runs a case in an empty folder, and a C program that
# knows nothing but sgdfp.pc links the library, runs a case and compares a moment with its closed form.
set -euo pipefail
cmake=$1 build=$2 source=$3 mpicc=$4 mpiexec=$5
place=$build/tests/run/library
rm -rf "$place"
mkdir -p "$place/work"
"$cmake" --install "$build" --prefix "$place/first" >/dev/null
mv "$place/first" "$place/moved"
pc=$(find "$place/moved" -name sgdfp.pc)
if grep -q "$place/first" "$pc"; then
  echo "$pc names the folder that it was installed in"
  exit 1
fi
export PKG_CONFIG_PATH=$(dirname "$pc"):${PKG_CONFIG_PATH:-}
cd "$place/work"
"$place/moved/bin/sgdfp" run "$place/moved/share/sgdfp/cases/flat_valley.yaml" >log
test -s out/flat_valley/summary.json
grep -q "  met    master" log
for file in include/sgdfp.h share/sgdfp/postprocess/plot.py share/sgdfp/doc/CASE_FILE.md share/sgdfp/doc/THEORY.md \
  share/sgdfp/cluster/job.sh share/sgdfp/doc/CLUSTER.md; do
  test -s "$place/moved/$file"
done
"$mpicc" -std=c11 -Wall -Wextra -Werror "$source/moments.c" -o moments $(pkg-config --cflags --libs sgdfp) -lm
for ranks in 1 2; do "$mpiexec" -n $ranks ./moments; done
