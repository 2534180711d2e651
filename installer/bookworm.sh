# shellcheck shell=bash
# A clean Debian bookworm root, for building and for proving an installation. Sourced; needs root and debootstrap.
#   open_root        a fresh root, removed when the script ends (KEEP=1 keeps it); its path is in $root
#   inside CMD ...   runs a command in it; apt and pip there reach their registries the way this machine does
# The base root and the downloaded wheels are kept in $cache between runs.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/inspector-installer

stop() {
    echo "$0: $*" >&2
    exit 1
}

require() {
    [ "$(id -u)" = 0 ] || stop "needs root: a clean system is made with debootstrap and entered with chroot"
    command -v debootstrap >/dev/null || stop "needs debootstrap; type: apt-get install -y debootstrap"
}

mirror_of_this_machine() {
    grep -q bookworm /etc/os-release || return 0  # another system's mirror may not have bookworm
    { awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/*.sources
      awk '/^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' /etc/apt/sources.list
    } 2>/dev/null | head -n 1
}

share_network() {
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    if grep -q bookworm /etc/os-release; then
        rm -f "$root/etc/apt/sources.list"
        cp -r /etc/apt/sources.list /etc/apt/sources.list.d "$root/etc/apt/" 2>/dev/null || true
    fi
    # apt's own user does not reach a folder inside root's home.
    echo 'APT::Sandbox::User "root";' > "$root/etc/apt/apt.conf.d/50sandbox"
    grep -lsi proxy /etc/apt/apt.conf.d/* | xargs -r cp -t "$root/etc/apt/apt.conf.d" || true
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
        mkdir -p "$root/etc/ssl/certs"
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/this-machine.crt"
    fi
    [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
}

inside() {
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive PIP_CACHE_DIR=/var/cache/pip PIP_CERT=/etc/ssl/this-machine.crt \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$root" "$@"
}

close_root() {
    umount -l "$root/var/cache/pip" "$root/dev/shm" "$root/dev" "$root/sys" "$root/proc" 2>/dev/null || true
    if [ "${KEEP:-0}" = 1 ]; then
        echo "kept: $root"
    else
        rm -rf --one-file-system "$root"
    fi
}

open_root() {
    require
    mkdir -p "$cache/pip"
    root=$(mktemp -d "$cache/root.XXXXXX")
    trap close_root EXIT
    chmod 755 "$root"
    if [ ! -f "$cache/bookworm.tar" ]; then
        echo "Making a bare bookworm root, once."
        # shellcheck disable=SC2046
        debootstrap --variant=minbase --include=ca-certificates bookworm "$root" $(mirror_of_this_machine) \
            >"$cache/debootstrap.log" 2>&1 || stop "debootstrap failed: $(tail -n 3 "$cache/debootstrap.log")"
        tar -C "$root" --exclude='./proc/*' --exclude='./dev/*' -cf "$cache/bookworm.part" .
        mv "$cache/bookworm.part" "$cache/bookworm.tar"
    else
        tar -C "$root" -xf "$cache/bookworm.tar"
    fi
    share_network
    mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/var/cache/pip"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount --bind /dev "$root/dev"
    mount --make-private "$root/dev"
    mkdir -p "$root/dev/shm"
    mount -t tmpfs tmpfs "$root/dev/shm"  # pylon keeps its semaphores there
    mount --bind "$cache/pip" "$root/var/cache/pip"
    inside apt-get update -qq
}

install_packages() {
    inside apt-get install -y -qq --no-install-recommends "$@" >"$cache/apt.log" 2>&1 ||
        stop "apt-get failed: $(tail -n 3 "$cache/apt.log")"
}
