#!/bin/sh
# A registry with bearer tokens, as GHCR has them. The program in front of it answers /token and hands everything else on.
set -eu
cat >/config.yml <<YAML
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: /var/lib/registry }
  delete: { enabled: true }
http: { addr: "127.0.0.1:5001" }
auth: { token: { realm: "http://realm.invalid/token", service: lab, issuer: lab, rootcertbundle: /issuer.pem } }
YAML
exec /token-registry
