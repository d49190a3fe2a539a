#!/bin/sh
# A Docker engine alone, at a socket in a folder of the machine. LOOPBACK is where the machine reaches the registry: the same name is right here and in containers
# with the network of this engine.
set -eu
mount -o remount,rw /proc/sys
mount -o remount,rw /sys/fs/cgroup 2>/dev/null || true
rm -rf /run/docker /run/docker.* /run/containerd /run/builder/docker.sock
echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
iptables -t nat -A OUTPUT -d 127.0.0.1 -p tcp --dport "${LOOPBACK#*:}" -j DNAT --to-destination "$REGISTRY"
iptables -t nat -A POSTROUTING -d "${REGISTRY%:*}" -j MASQUERADE
exec dockerd --host unix:///run/builder/docker.sock --bip 10.209.0.1/24
