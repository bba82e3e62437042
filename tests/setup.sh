# Shared by cases/quickstart.sh and tests/run.sh (sourced, from the root of the repository): Debian packages, MPI's
# environment, configure and build.

say() { printf '\n== %s\n' "$*"; }

packages="build-essential cmake ninja-build pkg-config git
petsc-dev slepc-dev libopenmpi-dev openmpi-bin libfftw3-dev libfftw3-mpi-dev libhdf5-openmpi-dev libcyaml-dev libyaml-dev
librandom123-dev libmuparser-dev libopenblas-dev libcmocka-dev zlib1g-dev
python3 python3-numpy python3-h5py python3-matplotlib python3-sklearn"

# install_packages [more ...]: what dpkg does not have yet.
install_packages() {
  local missing=() p sudo= there
  there=$(dpkg-query -W -f '${Status} ${Package}\n' $packages "$@" 2>/dev/null | sed -n 's/^install ok installed //p') || true
  for p in $packages "$@"; do
    grep -qxF "$p" <<<"$there" || missing+=("$p")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "All Debian packages are there"
    return
  fi
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "not root and no sudo: ask an administrator to run: apt-get install ${missing[*]}" >&2; exit 4; }
    sudo=sudo
  fi
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

mpi_environment() { . postprocess/mpi.sh; }

# build [target ...]: everything unless targets are named. The preset of CMakePresets.json is SGDFP_PRESET, if that is set.
build() {
  say "Building (build/)"
  mkdir -p build
  cmake --preset "${SGDFP_PRESET:-release}" -G Ninja >build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
  cmake --build build ${*:+--target "$@"}
}
