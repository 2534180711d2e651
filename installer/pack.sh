#!/bin/sh
# Turn a bundle into a Debian package: installer/pack.sh VERSION BUNDLE_FOLDER OUT_FOLDER
# Settings are a conffile in /etc and kept; data is in /var/lib and no package script ever removes it.
set -eu
version=$1 bundle=$2 out=$3
here=$(dirname "$(realpath "$0")")
tree=$out/inspector-station
rm -rf "$tree"
mkdir -p "$tree/opt"
cp -a "$bundle" "$tree/opt/inspector-station"
install -D -m 755 "$here/deb/inspector-station" "$tree/usr/bin/inspector-station"
install -D -m 644 "$here/deb/inspector.desktop" "$tree/usr/share/applications/inspector.desktop"
install -D -m 644 "$here/deb/inspector-station.svg" "$tree/usr/share/icons/hicolor/scalable/apps/inspector-station.svg"
install -D -m 644 "$here/deb/settings.toml" "$tree/etc/inspector-station/settings.toml"
install -D -m 644 "$here/../LICENSE" "$tree/usr/share/doc/inspector-station/copyright"
install -D -m 755 "$here/deb/postinst" "$tree/DEBIAN/postinst"
echo /etc/inspector-station/settings.toml > "$tree/DEBIAN/conffiles"
size=$(du -sk "$tree" | cut -f 1)
sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$size/" "$here/deb/control" > "$tree/DEBIAN/control"
dpkg-deb --root-owner-group -Zxz -z3 --build "$tree" "$out/inspector-station_${version}_amd64.deb" > /dev/null
