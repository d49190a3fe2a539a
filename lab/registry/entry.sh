#!/bin/sh
# One program, two registries: open, or with a login where LOGIN_PASSWORD is given (user `lab`).
set -eu
cat >/config.yml <<YAML
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: /var/lib/registry }
  delete: { enabled: true }
http: { addr: ":5000" }
YAML
if [ -n "${LOGIN_PASSWORD-}" ]; then
    printf '%s' "$LOGIN_PASSWORD" | htpasswd -niB lab >/htpasswd
    echo 'auth: { htpasswd: { realm: lab, path: /htpasswd } }' >>/config.yml
fi
exec docker-registry serve /config.yml
