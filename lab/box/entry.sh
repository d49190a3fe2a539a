#!/bin/sh
# PID 1 of a box: what systemd is on a real host. Starts containerd, dockerd and sshd and starts them again when they die; in a box with an init of its own that does it.
set -u

# A start after a reboot finds the files of processes that are gone; daemons would believe them.
rm -rf /run/docker /run/docker.* /run/containerd /run/box-stopping /run/hold-*
mkdir -p /run/sshd
mount -o remount,rw /proc/sys
mount -o remount,rw /sys/fs/cgroup 2>/dev/null

mkdir -p /etc/docker
cat >/etc/docker/daemon.json <<JSON
{
  "insecure-registries": ["$LAB_SUBNET"],
  "bip": "10.209.0.1/24",
  "default-address-pools": [{ "base": "10.210.0.0/16", "size": 24 }],
  "dns": [$LAB_DNS]
}
JSON

ssh-keygen -A >/dev/null
for home in /root /home/deploy /home/nodocker; do
    mkdir -p "$home/.ssh"
    printf '%s\n' "$AUTHORIZED_KEY" >"$home/.ssh/authorized_keys"
    chown -R "$(stat -c %u:%g "$home")" "$home/.ssh"
    chmod 700 "$home/.ssh"
    chmod 600 "$home/.ssh/authorized_keys"
done

if [ -x /sbin/init ]; then
    printf 'MaxStartups 100:30:200\nUseDNS no\n' >/etc/ssh/sshd_config.d/lab.conf
    exec env container=docker /sbin/init
fi

# keep <name> <program> [argument ...]. While /run/hold-<name> exists a dead one stays dead: for tests of a host without it.
keep() {
    name=$1
    shift
    while [ ! -e /run/box-stopping ]; do
        if [ -e "/run/hold-$name" ]; then
            sleep 0.1
            continue
        fi
        rm -f "/run/$name.pid"
        "$@" >>"/var/log/$name.log" 2>&1
        sleep 0.5
    done
}

stop() {
    touch /run/box-stopping
    kill -TERM "$(cat /run/docker.pid)" 2>/dev/null
    while [ -e /run/docker.pid ] && kill -0 "$(cat /run/docker.pid)" 2>/dev/null; do sleep 0.1; done
    exit 0
}
trap stop TERM

# containerd apart from dockerd, as Debian's units have it: containers then outlive a killed dockerd.
keep containerd containerd &
until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
keep docker dockerd --containerd=/run/containerd/containerd.sock &
keep sshd /usr/sbin/sshd -D -e -o MaxStartups=100:30:200 -o UseDNS=no &

# `wait` returns early at a trapped signal, and also collects what dead sessions left behind.
while :; do wait; sleep 1; done
