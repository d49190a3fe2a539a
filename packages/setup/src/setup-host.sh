#!/bin/sh
# Makes a Debian or Ubuntu server ready for deploys: packages, Docker, a user with the deploy key, firewall, folders, log rotation, security updates, SSH by
# key only, swap if asked for. Run it as root. It is safe to run again: what is right already is left alone, and nothing that runs is stopped.
#   ssh root@203.0.113.7 "sh -s -- --host 203.0.113.7 --key '$(cat deploy_key.pub)'" < setup-host.sh
# Each line says what was done: ok (was so), set (is so now), LEFT (you have to look).
# shellcheck shell=dash
set -eu

# --- what is different for each app
app=app
user=deploy
public_key='' # the line of the .pub file, or several
swap='' # such as 2G
# --- the same for everybody
host='' # as the workflow names it, for the known_hosts line
firewall=yes
ssh_only_keys=yes
ports='80 443'

usage() {
  cat <<'EOF'
usage: setup-host.sh [--app NAME] [--user NAME] [--key 'ssh-ed25519 AAAA…']… [--host NAME] [--swap 2G]
                     [--ports '80 443'] [--no-firewall] [--keep-passwords]
EOF
}

main() {
  read_options "$@"
  [ "$(id -u)" = 0 ] || stop 'run it as root'
  command -v apt-get >/dev/null || stop 'this system has no apt-get: do by hand what docs/guide-first-deploy.md says'
  export DEBIAN_FRONTEND=noninteractive
  install_packages
  install_docker
  configure_docker
  make_user
  make_folder
  update_by_itself
  make_swap
  close_firewall
  refuse_passwords
  say_host_key
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --app) app=$2; shift ;;
      --user) user=$2; shift ;;
      --key) public_key="$public_key
$2"; shift ;;
      --host) host=$2; shift ;;
      --swap) swap=$2; shift ;;
      --ports) ports=$2; shift ;;
      --no-firewall) firewall=no ;;
      --keep-passwords) ssh_only_keys=no ;;
      -h | --help) usage; exit ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  case $app in '' | *[!a-z0-9_-]*) stop "\"$app\" is no name for an app: lower-case letters, digits, _ and -" ;; esac
  case $user in '' | *[!a-z0-9_-]*) stop "\"$user\" is no name for a user" ;; esac
  each_key | while read -r key; do
    case $key in ssh-* | ecdsa-* | sk-*) ;; *) stop 'that key is no public key: give the line of the .pub file' ;; esac
  done || exit 1
  case $swap in '' | *[0-9]G | *[0-9]M) ;; *) stop "\"$swap\" is no size such as 2G" ;; esac
}

ok() { printf 'ok    %s\n' "$*"; }
set_now() { printf 'set   %s\n' "$*"; }
left() { printf 'LEFT  %s\n' "$*"; }
stop() { printf 'setup-host.sh: %s\n' "$*" >&2; exit 1; }

# A file with exactly this text. True when it had to be written.
put() { # file, mode, text
  [ "$(cat "$1" 2>/dev/null)" != "$3" ] || return 1
  mkdir -p "$(dirname "$1")"
  (umask 077; printf '%s\n' "$3" >"$1.new")
  chmod "$2" "$1.new"
  mv "$1.new" "$1"
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

need() { # packages
  local package missing=''
  for package; do is_installed "$package" || missing="$missing $package"; done
  if [ -z "$missing" ]; then ok "packages: $*"; return; fi
  # Nothing that is there gives way: ufw, for one, would put out netfilter-persistent with its rules.
  # shellcheck disable=SC2086 # a list of words
  if apt-get -qq update && apt-get -qq install --yes --no-install-recommends --no-remove $missing >/dev/null; then set_now "packages:$missing"; else left "these could not be installed:$missing"; fi
}

# util-linux has flock, which the agent needs.
install_packages() {
  need ca-certificates util-linux tar unattended-upgrades
  [ "$firewall" = no ] || [ -n "$(own_firewall)" ] || need ufw
}

# https://docs.docker.com/engine/install/debian/, the part "Install using the apt repository".
install_docker() {
  local system codename
  if command -v docker >/dev/null && docker compose version >/dev/null 2>&1; then
    ok "Docker $(docker version --format '{{.Server.Version}}' 2>/dev/null || echo 'without an answer'), Compose $(docker compose version --short)"
    return
  fi
  if command -v docker >/dev/null; then left 'Docker is here without its Compose plugin: install docker-compose-plugin of the same source'; return; fi
  need curl
  # shellcheck source=/dev/null
  system=$(. /etc/os-release && echo "$ID")
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${UBUNTU_CODENAME:-$VERSION_CODENAME}")
  install -d -m 755 /etc/apt/keyrings
  curl -fsSL "https://download.docker.com/linux/$system/gpg" -o /etc/apt/keyrings/docker.asc || stop "Docker has no packages for $system, or download.docker.com cannot be reached"
  chmod a+r /etc/apt/keyrings/docker.asc
  put /etc/apt/sources.list.d/docker.list 644 "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/$system $codename stable" || true
  apt-get -qq update
  apt-get -qq install --yes --no-remove docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin >/dev/null || stop 'Docker could not be installed beside what is here'
  set_now "Docker $(docker version --format '{{.Server.Version}}'), Compose $(docker compose version --short)"
}

daemon=/etc/docker/daemon.json

rotation='"log-opts": { "max-size": "10m", "max-file": "3" }'

# Containers outlive a restart of the daemon, which security updates bring; their logs do not fill the disk.
configure_docker() {
  local add='' swarm=''
  ! is_swarm_node || swarm=yes
  [ -n "$swarm" ] || daemon_has '"live-restore"' || add='"live-restore": true'
  # Only of files: other drivers have options of their own.
  daemon_has '"log-(opts|driver)"' || add="$add${add:+, }$rotation"
  if [ -n "$add" ]; then
    put "$daemon" 644 "$(with_these "$add")" || true
    set_now "$daemon: $add"
    apply_daemon
  fi
  if [ -n "$swarm" ]; then left 'this is a node of a Swarm, whose Docker does not start with live-restore: it was left out, and an upgrade of Docker stops the containers here'
  elif daemon_has '"live-restore"[^,}]*true' && daemon_has '"max-size"|"log-driver"[^,}]*"(local|journald)"'; then [ -n "$add" ] || ok "$daemon: live-restore, log rotation"
  else left "$daemon says otherwise on purpose? Wanted are \"live-restore\": true and $rotation"; fi
}

# Where Docker does not answer, by what a Swarm leaves on the disk.
is_swarm_node() {
  case $(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null) in
    inactive) return 1 ;;
    '') [ -e /var/lib/docker/swarm/docker-state.json ] ;;
  esac
}

daemon_has() { tr -d '\n' 2>/dev/null <"$daemon" | grep -Eq "$1"; }

# What is new stands before what there is: no JSON has to be read for that.
with_these() { # members
  if [ -s "$daemon" ] && [ "$(tr -d ' \t\n' <"$daemon")" != '{}' ]; then sed "0,/{/s/{/{\n  $1,/" "$daemon"; else printf '{\n  %s\n}' "$1"; fi
}

# A restart stops containers unless live-restore is on already, and that needs no more than a reload.
apply_daemon() {
  [ -n "$(docker ps -q 2>/dev/null)" ] || { systemctl restart docker 2>/dev/null || service docker restart >/dev/null 2>&1 || left 'restart Docker, so that this counts'; return; }
  if systemctl reload docker 2>/dev/null || reload_dockerd; then left 'containers run, so Docker was not restarted: log rotation counts from its next restart, which live-restore now makes harmless'
  else left 'containers run, so Docker was not restarted: restart it at a quiet moment'; fi
}

reload_dockerd() {
  local pid
  pid=$(cat /var/run/docker.pid 2>/dev/null) && kill -HUP "$pid"
}

make_user() {
  local home
  if id "$user" >/dev/null 2>&1; then ok "user $user"; else useradd --create-home --shell /bin/sh --password '*' "$user"; set_now "user $user"; fi
  if [ "$user" != root ] && getent group docker >/dev/null; then
    if id -nG "$user" | tr ' ' '\n' | grep -qx docker; then ok "$user may use Docker"; else usermod -aG docker "$user"; set_now "$user may use Docker"; fi
  fi
  home=$(getent passwd "$user" | cut -d: -f6)
  install -d -m 700 -o "$user" -g "$(id -gn "$user")" "$home/.ssh"
  [ -e "$home/.ssh/authorized_keys" ] || install -m 600 -o "$user" -g "$(id -gn "$user")" /dev/null "$home/.ssh/authorized_keys"
  if [ -z "$public_key" ]; then
    if [ -s "$home/.ssh/authorized_keys" ]; then ok "$user has a key"; else left "$user has no key yet: run this again with --key, or append it to $home/.ssh/authorized_keys"; fi
  else each_key | while read -r key; do let_in "$key" "$home/.ssh/authorized_keys"; done
  fi
}

each_key() { printf '%s\n' "$public_key" | grep . || true; }

let_in() { # key, file
  if grep -qF "$(key_of "$1")" "$2"; then ok "$user has the deploy key$(comment_of "$1")"; return; fi
  # A file whose last line has no end would swallow the key.
  [ -z "$(tail -c 1 "$2")" ] || echo >>"$2"
  printf '%s\n' "$1" >>"$2"
  set_now "$user has the deploy key$(comment_of "$1")"
}

key_of() { printf '%s' "$1" | cut -d' ' -f2; }

comment_of() { printf '%s' "$1" | cut -s -d' ' -f3- | sed 's/^/, /'; }

make_folder() {
  if [ -d "/opt/$app" ]; then
    if [ "$user" = root ] || [ "$(stat -c %U "/opt/$app")" = "$user" ]; then ok "/opt/$app"; else left "/opt/$app is not $user's: give it away (chown), or deploy with sudo (docs/guide-sudo.md)"; fi
  else 
    install -d -m 755 -o "$user" -g "$(id -gn "$user")" "/opt/$app"
    set_now "/opt/$app"
  fi
}

# What the distribution calls security updates, every day.
update_by_itself() {
  is_installed unattended-upgrades || { left 'unattended-upgrades is not installed: security updates are yours to make'; return; }
  if put /etc/apt/apt.conf.d/20auto-upgrades 644 'APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";'; then set_now 'security updates by themselves'; else ok 'security updates by themselves'; fi
}

make_swap() {
  [ -n "$swap" ] || return 0
  if [ "$(wc -l </proc/swaps)" -gt 1 ]; then ok 'swap'; return; fi
  if fallocate -l "$swap" /swapfile && chmod 600 /swapfile && mkswap /swapfile >/dev/null && swapon /swapfile 2>/dev/null; then
    grep -q '^/swapfile ' /etc/fstab || echo '/swapfile none swap sw 0 0' >>/etc/fstab
    set_now "swap of $swap"
  else
    rm -f /swapfile
    left "no swap of $swap could be made here"
  fi
}

# What somebody has set up here already; nothing where ufw may be ours.
own_firewall() {
  local unit
  for unit in nftables firewalld shorewall; do
    if systemctl is-active --quiet "$unit" 2>/dev/null; then echo "$unit"; return; fi
  done
  if is_installed netfilter-persistent || is_installed iptables-persistent; then echo 'netfilter-persistent'
  elif ! ufw_is_active && iptables -S INPUT 2>/dev/null | grep -Eq '^-P INPUT (DROP|REJECT)|-j (DROP|REJECT)'; then echo 'iptables'; fi
}

ufw_says() { LC_ALL=C ufw status verbose 2>/dev/null; }

ufw_is_active() { ufw_says | grep -q '^Status: active'; }

# Ports that Docker publishes go past ufw: doctor names them.
close_firewall() {
  local port owner
  [ "$firewall" = yes ] || { ok 'the firewall is left to you'; return; }
  owner=$(own_firewall)
  if [ -n "$owner" ]; then left "$owner has rules of your own, which were left alone. Needed is TCP $(wanted_ports)"; return; fi
  command -v ufw >/dev/null || { left "no firewall: ufw is not there. Let in TCP $(wanted_ports) only"; return; }
  if ufw_is_active; then judge_ufw; return; fi
  for port in $(wanted_ports); do
    ufw allow "$port/tcp" >/dev/null || { left "ufw does not take a rule for port $port"; return; }
  done
  if ufw --force enable >/dev/null; then set_now "firewall: TCP $(wanted_ports)"; else left 'ufw could not be switched on'; fi
}

# Who has it on has thought of something: a port that is open to some only stays so.
judge_ufw() {
  local port missing=''
  for port in $(wanted_ports); do lets_all_in "$port" || missing="$missing $port"; done
  if [ -z "$missing" ]; then ok "firewall: TCP $(wanted_ports)"; return; fi
  left "ufw is on, and does not let everybody in at TCP$missing; it was left alone. It says of them:"
  # shellcheck disable=SC2086 # a list of words
  ufw_says | grep -E "^($(echo $missing | tr ' ' '|'))[/ ]" | sed 's/^/      /'
  echo '      If that is meant, runners need another way to SSH (a jump-host, or one of your own). If not: ufw allow <port>/tcp'
}

# A line such as "22/tcp  ALLOW IN  Anywhere" or "80,443/tcp (Nginx Full)  ALLOW IN  Anywhere".
lets_all_in() { # port
  ufw_says | grep -Eq "^([0-9]+,)*$1(,[0-9]+)*(/tcp)?( \\([^)]*\\))? +(ALLOW|LIMIT) IN +Anywhere *(#.*)?\$"
}

wanted_ports() { printf '%s %s\n' "$(ssh_ports | tr '\n' ' ' | sed 's/ $//')" "$ports"; }

# Where sshd listens, and where this very login came in.
ssh_ports() {
  { sshd_says port; printf '%s\n' "${SSH_CONNECTION:-}" | cut -d' ' -f4; } | grep -E '^[0-9]+$' | sort -un | grep . || echo 22
}

sshd_says() { sshd -T 2>/dev/null | sed -n "s/^$1 //p"; }

# Nobody is locked out: only where a key lets an administrator in.
refuse_passwords() {
  local root_login
  [ "$ssh_only_keys" = yes ] || { ok 'passwords at SSH are left to you'; return; }
  command -v sshd >/dev/null || { left 'there is no sshd'; return; }
  if has_only_keys; then ok 'SSH by key only'; return; fi
  administrator_has_key || { left 'SSH still takes passwords: no administrator was found who gets in by a key, and you could be locked out. Put yours into /root/.ssh/authorized_keys, or run this by sudo as a user who has one'; return; }
  # The first value counts, and the files of this folder come first.
  grep -qiE '^[[:space:]]*Include[[:space:]]+/etc/ssh/sshd_config\.d/' /etc/ssh/sshd_config || { left 'SSH still takes passwords: your sshd_config has no Include of sshd_config.d. Write PasswordAuthentication no there'; return; }
  # What says more than that stays: "no", "forced-commands-only".
  root_login=$(sshd_says permitrootlogin)
  put /etc/ssh/sshd_config.d/00-deploy-actions.conf 644 "PasswordAuthentication no
KbdInteractiveAuthentication no$([ "$root_login" != yes ] || printf '\nPermitRootLogin prohibit-password')" || true
  if sshd -t; then
    systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null || service ssh reload >/dev/null 2>&1 || left 'reload sshd, so that this counts'
    set_now 'SSH by key only'
  else
    rm -f /etc/ssh/sshd_config.d/00-deploy-actions.conf
    left 'SSH still takes passwords: sshd does not take PasswordAuthentication no'
  fi
}

# Root, where SSH lets root in, or whoever ran this by sudo.
administrator_has_key() {
  case $(sshd_says permitrootlogin) in
    yes | prohibit-password | without-password) ! has_free_key /root || return 0 ;;
  esac
  [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ] && has_free_key "$(getent passwd "$SUDO_USER" | cut -d: -f6)"
}

# A key that runs one command only is no way in.
has_free_key() { # home
  grep -E '^[[:space:]]*[^#[:space:]]' "$1/.ssh/authorized_keys" 2>/dev/null | grep -vq 'command='
}

has_only_keys() { [ "$(sshd_says passwordauthentication)" = no ] && [ "$(sshd_says kbdinteractiveauthentication)" = no ]; }

say_host_key() {
  local key=/etc/ssh/ssh_host_ed25519_key.pub port name
  [ -r "$key" ] || { left 'this server has no ed25519 host key: ssh-keygen -A makes one'; return; }
  port=$(sshd_says port | head -n 1)
  [ -n "$host" ] || host=$(printf '%s\n' "${SSH_CONNECTION:-}" | cut -d' ' -f3)
  [ -n "$host" ] || host=$(hostname -I 2>/dev/null | cut -d' ' -f1)
  host=${host#*@}
  name=$host
  case $host in
    \[*\]:*) port=${host##*:} name=${host%]*} name=${name#[} ;;
    \[*\]) name=${host#[} name=${name%]} ;;
    *:*:*) ;;
    *:[0-9]*) port=${host##*:} name=${host%:*} ;;
  esac
  [ "${port:-22}" = 22 ] || name="[$name]:$port"
  printf '\nknown_hosts line (the variable DEPLOY_KNOWN_HOSTS):\n%s %s\n' "$name" "$(cut -d' ' -f1,2 "$key")"
  printf '\nfingerprint, to compare with what the web console of your provider shows for ssh-keygen -lf %s:\n%s\n' "$key" "$(ssh-keygen -lf "$key" | cut -d' ' -f2)"
}

main "$@"
