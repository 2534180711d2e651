#!/usr/bin/env bash
# Prove the station's package in a bare bookworm root, as a user would: installer/check.sh [PACKAGE] [WORKSPACE]
# PACKAGE: default the newest in installer/dist. WORKSPACE: one whose recipe has a model; default the demonstration's,
# taught now. Needs root and debootstrap; leaves what it saw in installer/dist/check.
set -euo pipefail
cd "$(dirname "$0")/.."
. installer/bookworm.sh
package=${1:-$(find installer/dist -name 'inspector-station_*.deb' -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d ' ' -f 2)}
[ -f "$package" ] || stop "no package to check; build one with installer/build.sh"
seen=installer/dist/check
recipe=demo-flange
data=/var/lib/inspector-station/workspace
mkdir -p "$seen"

workspace=${2:-$seen/workspace}
if [ ! -f "$workspace/ledger.db" ]; then
    echo "Teaching the demonstration's model, once."
    python3 run.py demo --offscreen --parts 25 --workspace "$workspace" --json
fi

passed() { echo "ok: $*"; }
expect() { # expect WORDS COMMAND...: the command must succeed
    local words=$1
    shift
    "$@" >"$seen/last.log" 2>&1 || stop "FAILED: $words: $(tail -n 5 "$seen/last.log")"
    passed "$words"
}

open_root
cp "$package" "$root/inspector-station.deb"
expect "the package installs on a bare system" \
    inside apt-get install -y -qq --no-install-recommends /inspector-station.deb
install_packages xvfb xauth xdotool imagemagick

tar -C "$workspace" --exclude=settings.toml --exclude=./cache -c . | tar -C "$root$data" -x --no-same-owner
expect "it finds all that it needs on this PC" inside inspector-station doctor
cp "$seen/last.log" "$seen/doctor.txt"
sed -i "s#^pictures = .*#pictures = \"$data/line\"#" "$root$data/recipes/$recipe.toml"
# shellcheck disable=SC2016
expect "the window opens and, at a key, shows the line at work" \
    inside xvfb-run -a -s '-screen 0 1280x800x24' sh -c '
        inspector-station gui --recipe "$1" & window=$!
        shown=$(timeout 60 xdotool search --sync --onlyvisible --name Inspector) || exit 1
        xdotool windowsize "$shown" 1280 800 windowfocus --sync "$shown" key space
        for look in $(seq 20); do  # until pictures of parts are on it
            sleep 1
            import -window root /screen.png
            colours=$(identify -format %k /screen.png)
            [ "$colours" -lt 2000 ] || break
        done
        kill "$window"
        wait "$window"
        echo "$colours colours on the screen"
        [ "$colours" -ge 2000 ]' sh "$recipe"
cp "$root/screen.png" "$seen/screen.png"

mkdir "$root/pictures"
find "$workspace/images" -type f -name '*.png' | sort | sed -n 1,20p | xargs cp -t "$root/pictures"
expect "20 pictures are inspected" \
    inside inspector-station inspect-folder /pictures --recipe "$recipe" --out /verdicts.csv
[ "$(wc -l <"$root/verdicts.csv")" = 21 ] || stop "FAILED: 20 pictures, but $(wc -l <"$root/verdicts.csv") lines of verdicts"
cp "$root/verdicts.csv" "$seen/verdicts.csv"

grep -q '^backend = "pylon"' "$root$data/recipes/$recipe.toml" || stop "the workspace's recipe does not use the pylon camera"
expect "the pylon camera opens by its name and gives parts" \
    inside inspector-station station --recipe "$recipe" --headless --parts 3 --json
grep -q '"inspections": 3' "$seen/last.log" || stop "FAILED: 3 parts were asked for: $(cat "$seen/last.log")"

if inside inspector-station train --recipe "$recipe" >"$seen/last.log" 2>&1 || grep -q Traceback "$seen/last.log"; then
    stop "FAILED: training is not part of the package, and that must be said: $(tail -n 5 "$seen/last.log")"
fi
passed "training is refused in plain words: $(tail -n 1 "$seen/last.log")"

echo 'theme = "light"' >>"$root/etc/inspector-station/settings.toml"
expect "it installs again over itself" inside apt-get install -y -qq --reinstall /inspector-station.deb
grep -q '^theme = "light"' "$root/etc/inspector-station/settings.toml" || stop "FAILED: the settings were overwritten"
passed "the settings were kept"
expect "it is removed" inside apt-get purge -y -qq inspector-station
[ ! -e "$root/opt/inspector-station" ] || stop "FAILED: the program is still there"
[ -f "$root$data/ledger.db" ] || stop "FAILED: the ledger is gone"
diff -r "$workspace/models/$recipe" "$root$data/models/$recipe" || stop "FAILED: the model is gone"
passed "the data is still there"
echo "Look at $seen/screen.png."
