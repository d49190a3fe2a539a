#!/bin/sh
# plugins.sh <folder> [suite]: puts the Compose and buildx plugins of another Debian suite into <folder>.
# bookworm has neither. Everything apt needs for it lies in a temporary folder, so the machine's own sources,
# lists and installed packages stay as they are.
set -eu
folder=$1
suite=${2:-trixie}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder" "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$work/sources.list"
# As root apt would change to the user _apt, who may not enter the temporary folder.
apt() {
    apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" "$@"
}
# A mirror of unstable that stands still for some weeks is signed all the same.
apt -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false update
cd "$work"
apt download docker-compose docker-buildx
for package in ./*.deb; do dpkg -x "$package" "$work/root"; done
for plugin in docker-compose docker-buildx; do
    found=$(find "$work/root" -type f -name "$plugin" -path '*cli-plugins*' | head -n 1)
    install -m 755 "$found" "$folder/$plugin"
done
