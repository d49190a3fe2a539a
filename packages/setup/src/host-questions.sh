# What doctor asks a host besides the agent's facts: reading only, as whoever logs in. A name and what there is to say of it, with a tab between.
# shellcheck shell=dash
tell() { printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr '\n\t' '  ')"; }

# The first value counts, and files that are included come where their line stands: at the top, on Debian.
password_logins() {
  local said
  said=$(sshd -T 2>/dev/null | sed -n 's/^passwordauthentication //p')
  [ -n "$said" ] || said=$(cat /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config 2>/dev/null | sed -n 's/^[[:space:]]*[Pp]assword[Aa]uthentication[[:space:]]*\([a-z]*\).*/\1/p' | head -n 1)
  printf '%s' "${said:-yes}"
}

firewall() {
  if grep -q '^ENABLED=yes' /etc/ufw/ufw.conf 2>/dev/null; then printf ufw
  elif systemctl is-active --quiet nftables 2>/dev/null; then printf nftables
  elif systemctl is-active --quiet firewalld 2>/dev/null; then printf firewalld; fi
}

PATH=$PATH:/usr/sbin:/sbin
tell docker "$(docker info --format '{{.LiveRestoreEnabled}} {{.LoggingDriver}}' 2>/dev/null)"
tell daemon "$(cat /etc/docker/daemon.json 2>/dev/null)"
tell apt "$(command -v apt-config)"
tell upgrades "$(command -v unattended-upgrade) $(apt-config dump APT::Periodic::Unattended-Upgrade 2>/dev/null | sed 's/.*"\(.*\)".*/\1/')"
tell passwords "$(password_logins)"
tell firewall "$(firewall)"
for program in flock tar; do command -v "$program" >/dev/null || tell missing "$program"; done
