#!/usr/bin/env bash
# Build and install from a bare Debian 12 (a container, a chroot): packages, Release build, cmake --install.
#   cmake/packaging/install.sh [PREFIX, default /usr/local]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
prefix=${1:-/usr/local}

install_packages
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX="$prefix"
cmake --build "$folder"
cmake --install "$folder"
