#!/bin/sh
# rebuilt.sh pack OUTPUTS    what `npm run build` has changed in dist, as lines part-1=… for a job's outputs
# rebuilt.sh unpack          the same back into working tree and index, out of PART_1, PART_2, …
# Between two jobs: one builds and may only read, the other one may write and runs nothing of what it is given (.github/workflows/rebuild-dist.yml).
set -eu

parts=8
length=98304 # of a part: an environment variable may have 128 KiB

fail() { echo "$*" >&2; exit 1; }

pack() { # file of outputs
    git add --all dist
    git diff --cached --text --unified=0 --no-renames --no-ext-diff -- dist | xz -9 | base64 -w "$length" >packed
    [ "$(wc -l <packed)" -le "$parts" ] || fail "the bundles differ by more than $parts parts of $length bytes hold. Build them by hand: npm ci && npm run build"
    number=0
    [ "$(git diff --cached --name-only -- dist | wc -l)" -eq 0 ] || while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        printf 'part-%s=%s\n' "$number" "$line" >>"$1"
    done <packed
    rm packed
}

unpack() {
    printf '%s' "${PART_1:-}${PART_2:-}${PART_3:-}${PART_4:-}${PART_5:-}${PART_6:-}${PART_7:-}${PART_8:-}" | base64 -d | xz -dc >../rebuilt.patch
    # Nothing but text of bundles and their licences: no other path, no link, no program.
    git apply --unidiff-zero --numstat ../rebuilt.patch | while read -r added removed path; do
        case $added$removed in *[!0-9]*) fail "$path is no text" ;; esac
        printf '%s\n' "$path" | grep -qxE 'dist/[a-z-]+/(index\.cjs|licenses\.txt)' || fail "$path is no bundle"
    done
    ! git apply --unidiff-zero --summary ../rebuilt.patch | grep -vE '^ (create mode 100644|delete mode 100644) ' || fail 'a bundle is a file that nobody runs and that is no link'
    git update-index -q --refresh || fail 'the working tree is not that of the commit'
    git apply --unidiff-zero --whitespace=nowarn --index ../rebuilt.patch
    ! git diff --cached --raw | grep -vE '^:(100644|000000) (100644|000000) ' || fail 'a bundle is a file that nobody runs and that is no link'
}

case ${1:-} in
    pack) pack "$2" ;;
    unpack) unpack ;;
    *) fail 'usage: rebuilt.sh pack OUTPUTS | unpack' ;;
esac
