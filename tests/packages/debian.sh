#!/usr/bin/env bash
# Makes the Debian packages of a build: what is in them, what they depend on, what lintian says of them, and whether they
# work together where they are unpacked.
set -uo pipefail
for tool in dpkg-deb dpkg-shlibdeps lintian; do
  command -v "$tool" >/dev/null || { echo "there is no $tool here"; exit 77; }
done
unset ASG_PLUGIN_PATH ASG_BACKEND LD_LIBRARY_PATH

failures=0
fail() {
  printf '%s: %s\n' "${BASH_LINENO[0]}" "$*"
  failures=$((failures + 1))
}
rm -rf "$WORK_DIR"
mkdir -p "$WORK_DIR/kept" && cd "$WORK_DIR" || exit 1
export XDG_CACHE_HOME=$WORK_DIR/cache XDG_DATA_HOME=$WORK_DIR/none
# What was installed before from this build tree can still be uninstalled.
mv "$BUILD_DIR"/install_manifest*.txt kept 2>/dev/null
trap 'rm -f "$BUILD_DIR"/install_manifest*.txt; mv kept/* "$BUILD_DIR" 2>/dev/null' EXIT

"$CPACK" --config "$BUILD_DIR/CPackConfig.cmake" -B "$WORK_DIR/packages" >log 2>&1 ||
  { cat log; echo "cpack fails"; exit 1; }
cd packages || exit 1
shopt -s nullglob
all=(*.deb)
core=libasg-core${VERSION%.*}
deb() {  # PACKAGE
  local found=("$1"_*.deb)
  ((${#found[@]} == 1)) || { echo "there is no package $1, but ${all[*]}" >&2; exit 1; }
  echo "${found[0]}"
}
field() { dpkg-deb -f "$(deb "$1")" "$2"; }
contents() { dpkg-deb -c "$(deb "$1")" | awk '!/^d/ {print $6}' | sed 's/^\.//'; }
depends() {  # PACKAGE PATTERN
  field "$1" Depends | grep -qE "(^|, )$2(,|$)" || fail "$1 does not depend on $2: $(field "$1" Depends)"
}
has() { contents "$1" | grep -qE "^$2$" || fail "$1 does not have $2: $(contents "$1")"; }

# Each plugin that was built is in a package.
for plugin in "$BUILD_DIR"/lib/asg/backends/asg-backend-*.so; do
  file=${plugin##*/}
  case $file in
    asg-backend-cpu.so | asg-backend-reference.so) has asg "/usr/lib.*/asg/backends/$file" ;;
    *) has "${file%.so}" "/usr/lib.*/asg/backends/$file" ;;
  esac
done
[[ ! -e $BUILD_DIR/lib/asg/backends/asg-backend-vulkan.so ]] || depends asg-backend-vulkan libvulkan1
has "$core" "/usr/lib.*/libasg_core\.so\.[0-9.]+"
has "$core" "/usr/lib.*/asg/asg-plugin-probe"
has libasg-dev "/usr/lib.*/libasg_core\.so"
has libasg-dev "/usr/include/asg/asg\.hpp"
has libasg-dev "/usr/lib.*/pkgconfig/asg\.pc"
has libasg-sdk-dev "/usr/include/asg/sdk/backend\.h"
has libasg-sdk-dev "/usr/share/cmake/asg/AsgBackend\.cmake"
has libasg-sdk-dev "/usr/share/doc/asg/sdk/guide\.md"  # where the guide says that it is
has asg /usr/bin/asg
has asg "/usr/share/man/man1/asg-train\.1\.gz"
has asg /usr/share/bash-completion/completions/asg
has asg /usr/share/fish/vendor_completions.d/asg.fish
has asg /usr/share/zsh/vendor-completions/_asg
for package in "${all[@]}"; do
  name=${package%%_*}
  has "$name" "/usr/share/doc/$name/copyright"
  contents "$name" >>every
done
sort every | uniq -d >twice
[[ ! -s twice ]] || fail "files of several packages: $(cat twice)"

depends asg "$core \(>= $VERSION\)"
depends asg 'libc6 \(>= [0-9.]+\)'
depends asg 'libfmt[0-9]+ \(>= [^)]+\)'
depends "$core" 'libfmt[0-9]+ \(>= [^)]+\)'
depends libasg-dev "$core \(= $VERSION\)"
depends libasg-dev "libasg-sdk-dev \(= $VERSION\)"
[[ -z $(field libasg-sdk-dev Depends) ]] || fail "the SDK depends on $(field libasg-sdk-dev Depends)"
[[ $(field libasg-sdk-dev Architecture) == all ]] || fail "the SDK is for $(field libasg-sdk-dev Architecture)"

# Only a tree that was configured for /usr knows the folder of its processor there.
suppressed=()
contents libasg-dev | grep -qE '^/usr/lib/[^/]+-linux-[^/]+/pkgconfig' ||
  suppressed=(--suppress-tags pkg-config-unavailable-for-cross-compilation)
lintian --no-cfg "${suppressed[@]}" --tag-display-limit 0 --fail-on error,warning "${all[@]}" >said 2>&1 || fail "lintian: $(cat said)"

# Unpacked, they find each other; the SDK is enough for a plugin.
for package in "${all[@]}"; do dpkg-deb -x "$package" root; done
dpkg-deb -x "$(deb libasg-sdk-dev)" sdk
library=$(find "$PWD/root" -name "libasg_core.so.$VERSION")
[[ -f $library ]] || fail "there is no libasg_core.so.$VERSION"
export LD_LIBRARY_PATH=${library%/*}
root/usr/bin/asg backends >listing 2>&1 || fail "asg backends: $(cat listing)"
grep -qE "^reference +$VERSION +$PWD/root/" listing || fail "asg backends: $(cat listing)"
root/usr/bin/asg doctor 2>&1 | grep -qE "plugins are tried by $PWD/root/.*/asg-plugin-probe" || fail "no probe"
readelf -d root/usr/bin/asg root/usr/lib*/asg/asg-plugin-probe root/usr/lib/*/asg/asg-plugin-probe 2>/dev/null |
  grep -E 'RUNPATH|RPATH' && fail "a run path in a package"
paths=$(grep -rlaF -e "$SOURCE_DIR/" -e "$BUILD_DIR" root) && fail "paths of this machine: $paths"
"$CMAKE" -S "$SOURCE_DIR/tests/consumer/plugin" -B plugin "-DCMAKE_PREFIX_PATH=$PWD/sdk/usr" "-DCMAKE_CXX_COMPILER=$CXX" \
  >log 2>&1 && "$CMAKE" --build plugin >>log 2>&1 || fail "a plugin of the SDK alone: $(cat log)"

((failures == 0)) || { echo "$failures checks failed"; exit 1; }
