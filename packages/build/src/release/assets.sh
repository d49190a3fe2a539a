#!/bin/sh
# assets.sh TAG FOLDER
# What is attached to a release, of the commit that is checked out: the whole repository as a runner downloads it, what the bundles are made of (SBOM, and
# the licences of what is in them), and the sums of all files that run.
set -eu
tag=$1
folder=$2
mkdir -p "$folder"
git archive --format=tar.gz --prefix="deploy-actions-$tag/" --output="$folder/deploy-actions-$tag.tar.gz" HEAD
npm sbom --package-lock-only --sbom-format=cyclonedx >"$folder/sbom.cdx.json"
node --no-warnings packages/build/src/release/main.ts sbom "$folder/sbom.cdx.json"
for licences in dist/*/licenses.txt; do
    printf '==== %s\n\n' "$licences"
    cat "$licences"
done >"$folder/licenses.txt"
sha256sum dist/*/index.cjs >"$folder/SHA256SUMS"
(cd "$folder" && sha256sum "deploy-actions-$tag.tar.gz" sbom.cdx.json licenses.txt) >>"$folder/SHA256SUMS"
