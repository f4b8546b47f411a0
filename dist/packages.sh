#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs the program that the build has made: Debian packages, tarballs for other systems, and their checksums, in
# dist/target/packages. The same program gives the same bytes.
# Usage: dist/packages.sh [VERSION [COMPRESSION]]; the version is the project's otherwise, with the time of its commit
# where it is no release. The compression is dpkg-deb's: xz, or gzip or none for tests.
set -euo pipefail
cd "$(dirname "$0")/.."
compression=${2:-xz}
program=dist/target/tidemark
manual=dist/target/manual
out=dist/target/packages
if ! [ -x "$program/bin/tidemark" ] || ! [ -d "$manual" ]; then
    echo "no '$program': build it with: mvn -Dmaven.test.skip=true package -pl dist -am" >&2
    exit 2
fi

project() { # ELEMENT of the pom, the first one of this name
    sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" pom.xml | head -n 1
}
version=${1:-}
if [ -z "$version" ]; then
    version=$(project version)
    case $version in
        *-SNAPSHOT) version=${version%-SNAPSHOT}~$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y%m%d%H%M%S) ;;
    esac
fi
SOURCE_DATE_EPOCH=$(date -d "$(project project.build.outputTimestamp)" +%s)
export SOURCE_DATE_EPOCH
case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) echo "no packages for the architecture $(uname -m)" >&2; exit 2 ;;
esac

rm -rf "$out"
mkdir -p "$out"
stage=$out/stage
umask 022

# What an installation is to consist of, for "tidemark version --check".
list() { # DIRECTORY
    local sums
    sums=$(cd "$1" && find . -type f ! -name files.sha256 ! -path './lib/stores/*' -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum)
    printf '%s\n' "$sums" > "$1/files.sha256"
}

# Jars, class caches and the modules of Java keep the time by which they belong together.
set_times() { # DIRECTORY
    find "$1" ! -name '*.jar' ! -name '*.aot' ! -path '*/runtime/lib/modules' -print0 |
        xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
}

copy_program() { # DIRECTORY
    mkdir -p "$1/lib/stores"
    cp -a "$program"/{bin,native,runtime} "$program"/*.aot "$1"
    cp -a "$program"/lib/*.jar "$1/lib"
    printf '%s\n' "$version" > "$1/version"
    list "$1"
}

copy_store() { # NAME DIRECTORY
    mkdir -p "$2/lib/stores"
    cp -a "$program/lib/stores/$1" "$2/lib/stores"
    printf '%s\n' "$version" > "$2/lib/stores/$1/version"
    list "$2/lib/stores/$1"
}

copy_documents() { # DIRECTORY
    mkdir -p "$1"
    cp -r README.md CONTRIBUTING.md docs examples changelog "$1"
    # What they link to.
    cp --parents bench/README.md storage-backends/*/README.md "$1"
    find "$1" -type f -exec chmod 0644 {} +
}

bill_of_materials() { # NAME of a package
    case $1 in
        tidemark) echo dist/target/sbom.json ;;
        *) echo "storage-backends/${1#tidemark-}/target/sbom.json" ;;
    esac
}

copyright() { # NAME of a package
    cat << 'END'
Copyright 2026 the authors of Tidemark

Tidemark is licensed under the Apache License, version 2.0: on Debian, /usr/share/common-licenses/Apache-2.0.

These libraries are part of the package, each in a jar of its own with the licence that it names:

END
    jq -r '.components[] | select(.group != "org.tidemark") | "\(.group):\(.name) \(.version): "
        + ([.licenses[]? | .license.id // .license.name // .expression] | unique | join(", "))' \
        "$(bill_of_materials "$1")" | LC_ALL=C sort
    if [ "$1" = tidemark ]; then
        printf '\nJava in /usr/lib/tidemark/package/runtime is licensed under the GNU General Public License, version 2, with\n'
        printf 'the Classpath Exception: /usr/lib/tidemark/package/runtime/legal has the texts.\n'
    fi
}

package() { # NAME
    local name=$1 root=$stage/$1 file
    mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$name"
    copyright "$name" > "$root/usr/share/doc/$name/copyright"
    install -m 0644 "$(bill_of_materials "$name")" "$root/usr/share/doc/$name/sbom.json"
    printf 'tidemark (%s) unstable; urgency=medium\n\n  * See /usr/share/doc/tidemark/changelog/.\n\n -- %s  %s\n' \
        "$version" "$(sed -n 's/^Maintainer: //p' "dist/src/debian/$name.control")" \
        "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" | gzip -9n > "$root/usr/share/doc/$name/changelog.gz"
    for file in postinst prerm postrm; do
        [ ! -f "dist/src/debian/$name.$file" ] || install -m 0755 "dist/src/debian/$name.$file" "$root/DEBIAN/$file"
    done
    if [ -f "dist/src/debian/$name.lintian-overrides" ]; then
        mkdir -p "$root/usr/share/lintian/overrides"
        install -m 0644 "dist/src/debian/$name.lintian-overrides" "$root/usr/share/lintian/overrides/$name"
    fi
    find "$root" -type d -exec chmod 0755 {} +
    find "$root/usr" -type f -exec chmod u=rwX,go=rX {} +
    sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/" \
        -e "s/@SIZE@/$(du -sk --apparent-size "$root/usr" | cut -f 1)/" \
        "dist/src/debian/$name.control" > "$root/DEBIAN/control"
    [ ! -d "$root/etc" ] || (cd "$root" && find etc -type f -printf '/%p\n' | LC_ALL=C sort > DEBIAN/conffiles)
    (cd "$root" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
    chmod 0644 "$root"/DEBIAN/{control,md5sums} "$root"/DEBIAN/conffiles 2> /dev/null || true
    set_times "$root"
    dpkg-deb --root-owner-group -Z"$compression" --build "$root" "$out" > /dev/null
}

archive() { # NAME DIRECTORY: for other systems
    local pack=cat suffix=
    case $compression in
        xz) pack='xz -T 0' suffix=.xz ;;
        gzip) pack='gzip -n' suffix=.gz ;;
    esac
    set_times "$2"
    tar -C "$(dirname "$2")" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
        --clamp-mtime -cf - "$(basename "$2")" | $pack > "$out/$1-$version-linux-$(uname -m).tar$suffix"
}

root=$stage/tidemark
copy_program "$root/usr/lib/tidemark/package"
install -m 0755 dist/src/debian/activate "$root/usr/lib/tidemark/activate"
mkdir -p "$root"/usr/{bin,share/{man/man1,bash-completion/completions,zsh/vendor-completions}} \
    "$root"/{lib/systemd/system,etc/cron.d}
ln -s ../lib/tidemark/current/bin/tidemark "$root/usr/bin/tidemark"
install -m 0644 examples/systemd/tidemark.service "$root/lib/systemd/system/tidemark.service"
install -m 0644 dist/src/debian/tidemark.cron "$root/etc/cron.d/tidemark"
for page in "$manual"/man1/*.1; do
    gzip -9nc "$page" > "$root/usr/share/man/man1/${page##*/}.gz"
done
sed 1d "$manual/completion" > "$root/usr/share/bash-completion/completions/tidemark"
printf '#compdef tidemark\nautoload -U +X bashcompinit && bashcompinit\n%s\n' \
    'source /usr/share/bash-completion/completions/tidemark' > "$root/usr/share/zsh/vendor-completions/_tidemark"
copy_documents "$root/usr/share/doc/tidemark"
package tidemark
for store in azure gcs; do
    copy_store "$store" "$stage/tidemark-$store/usr/lib/tidemark/package"
    package "tidemark-$store"
done

cp -al "$root/usr/lib/tidemark/package" "$stage/tidemark-$version"
mkdir -p "$stage/tidemark-$version/share"
cp -r "$manual" "$stage/tidemark-$version/share/man"
mv "$stage/tidemark-$version/share/man/completion" "$stage/tidemark-$version/share/completion"
copy_documents "$stage/tidemark-$version/share/doc"
archive tidemark "$stage/tidemark-$version"
for store in azure gcs; do
    rm -rf "$stage/tidemark-$version"
    cp -al "$stage/tidemark-$store/usr/lib/tidemark/package" "$stage/tidemark-$version"
    archive "tidemark-$store" "$stage/tidemark-$version"
done
rm -rf "$stage"
(cd "$out" && sha256sum -- * > SHA256SUMS)
ls -l "$out"
