#!/bin/sh
# Lets the kernel run programs of arm64 for as long as this container runs: where nothing else has binfmt_misc mounted, its rules go with the last mount.
set -eu
rules=$(mktemp -d)
mount -t binfmt_misc binfmt_misc "$rules"
rule=$rules/deploy-actions-lab-aarch64
forget() { if [ -e "$rule" ]; then echo -1 >"$rule"; fi; }
# Of a test that was killed.
forget
# The first bytes of such a program, and which of them count: from qemu-binfmt-conf.sh of QEMU.
magic='\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
# With F the kernel opens the emulator now, so that it is there for other containers, which do not have the file.
printf ':%s:M::%s:%s:/qemu-aarch64:OCF' "${rule##*/}" "$magic" "$mask" >"$rules/register"
trap 'forget; exit 0' TERM
touch /ready
while :; do
    sleep 3600 &
    wait $!
done
