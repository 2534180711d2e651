#!/bin/sh
# Write the hash-locked requirement files anew from pyproject.toml. For developers; needs uv on the path, or its place in UV.
#   requirements/lock.sh             keep the locked versions that still fit
#   requirements/lock.sh --upgrade   take the newest that fit
# test.txt is resolved first and constrains the others: a package has one version in all files.
set -eu
cd "$(dirname "$0")/.."

lock() {
    file=requirements/$1
    shift
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --constraints requirements/constraints.in "$@" pyproject.toml requirements/build.in --output-file "$file"
    echo "$file: $(grep -c '==' "$file") packages"
}

lock test.txt --extra gui --extra basler --extra train --extra dev "$@"
lock run.txt --constraints requirements/test.txt --extra gui --extra basler --extra train "$@"
lock station.txt --constraints requirements/test.txt --extra gui --extra basler "$@"
lock installer.txt --constraints requirements/test.txt --extra gui --extra basler --extra installer "$@"
