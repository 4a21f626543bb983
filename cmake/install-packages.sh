#!/usr/bin/env bash
# Installs what asg needs to build and to run its tests, from the distribution (Debian 12, 13 and their kin).
# Says nothing and needs no network when nothing is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config
  libopenblas-serial-dev libfmt-dev libhwy-dev libcli11-dev nlohmann-json3-dev libbenchmark-dev
  graphviz
  locales  # sources of the locales that tests make
  # The Vulkan backend; the last two are its software device and the layers for its tests.
  libvulkan-dev glslang-dev glslang-tools spirv-tools mesa-vulkan-drivers vulkan-validationlayers
  # Its libFuzzer for tests/fuzz.
  clang libclang-rt-dev
  # Tests make Debian packages and try the completions of these shells.
  dpkg-dev lintian zsh fish
)

# Any Boost from 1.74 on will do, wherever it came from, so the test is for its files.
has_boost() {
  local prefix
  for prefix in ${BOOST_ROOT:+"$BOOST_ROOT"} /usr/local /usr; do
    [[ -f $prefix/include/boost/version.hpp ]] || continue
    (( $(awk '$1 == "#define" && $2 == "BOOST_VERSION" {print $3}' "$prefix/include/boost/version.hpp") >= 107400 )) || continue
    compgen -G "$prefix/lib*/libboost_unit_test_framework*.so" >/dev/null && return 0
    compgen -G "$prefix/lib/*/libboost_unit_test_framework*.so" >/dev/null && return 0
  done
  return 1
}
has_boost || packages+=(libboost-dev libboost-test-dev)

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "asg: no apt here, so nothing was installed; CMake will name what is missing of: ${packages[*]}" >&2
  exit 0
fi

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }
missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
(( ${#missing[@]} )) || exit 0

as_root=()
if (( EUID != 0 )); then
  if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
    # sudo drops the proxy settings, which apt may need.
    as_root=(sudo env)
    for name in http_proxy https_proxy no_proxy; do
      [[ -z ${!name:-} ]] || as_root+=("$name=${!name}")
    done
  else
    echo "asg: these packages are missing and you are neither root nor may you use sudo. As root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi

echo "asg: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
# A failing update is no reason to stop: the lists at hand may do.
apt update || true
if ! apt install --yes --no-install-recommends "${missing[@]}"; then
  tail -n 30 "$log" >&2
  echo "asg: apt could not install: ${missing[*]}" >&2
  exit 1
fi
