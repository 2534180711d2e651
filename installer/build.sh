#!/usr/bin/env bash
# Build the station's Debian package, without training, inside a clean bookworm root: installer/build.sh [OUT_FOLDER]
# A bundle takes its libraries from where it is built: on any other machine it would hold what happens to be there.
# Needs root and debootstrap; writes OUT_FOLDER/inspector-station_VERSION_amd64.deb (default: installer/dist).
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-installer/dist}")
. installer/bookworm.sh

open_root
echo "Installing what the bundle takes along."
install_packages python3 python3-venv libpython3.11 binutils xz-utils libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 \
    libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0
mkdir -p "$root/build"
tar -c --exclude='__pycache__' --exclude='*.egg-info' --exclude=installer/dist --exclude=build \
    pyproject.toml README.md LICENSE inspector gui models requirements installer | tar -x -C "$root/build"
inside python3 -m venv /venv
inside sh -c 'cd /build && /venv/bin/pip install -q --disable-pip-version-check --require-hashes --only-binary :all: \
    -r requirements/installer.txt'
inside sh -c 'cd /build && /venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation .'
version=$(inside /venv/bin/python -c 'import importlib.metadata as m; print(m.version("inspector"))')

echo "Bundling inspector-station $version."
inside sh -c 'cd /build && /venv/bin/pyinstaller --noconfirm --log-level WARN --distpath /bundle --workpath /work.tmp \
    installer/station.spec'
inside /venv/bin/python /build/installer/notices.py /bundle/inspector-station/THIRD-PARTY.txt

echo "Packing."
inside /build/installer/pack.sh "$version" /bundle/inspector-station /package
mkdir -p "$out"
cp "$root"/package/*.deb "$out/"
du -h --apparent-size "$out/inspector-station_${version}_amd64.deb"
