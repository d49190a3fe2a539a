# shellcheck shell=dash
# A proxy of the project that people started, in whose place the edge steps. What a Caddy there has of certificates goes to the edge before it
# starts: the same ones are shown, and none is ordered anew.

# In a container, because its folder is root's and may be a volume. What the edge has of a later time stays. Arguments: where the storage is
# in /from, host names.
# shellcheck disable=SC2016 # for the shell in the container
copy_certificates='from=/from/$1 to=/to/caddy
shift
umask 077
mkdir -p "$to"
for host; do
  found=""
  for folder in "$from"/certificates/*/"$host"; do
    [ -s "$folder/$host.crt" ] && [ -s "$folder/$host.key" ] || continue
    issuer=${folder%/*}
    issuer=${issuer##*/}
    found="$found $issuer"
    into=$to/certificates/$issuer
    [ ! "$into/$host/$host.crt" -nt "$folder/$host.crt" ] || continue
    mkdir -p "$into"
    rm -rf "$into/$host.next"
    cp -Rp "$folder" "$into/$host.next" && rm -rf "$into/$host" && mv "$into/$host.next" "$into/$host" || exit 1
  done
  if [ -n "$found" ]; then echo "taken $host"; else echo "none $host"; fi
done
for users in "$from"/acme/*/users; do
  into=$to/acme/$(basename "${users%/users}")
  [ -d "$users" ] && [ ! -e "$into/users" ] || continue
  mkdir -p "$into" && cp -Rp "$users" "$into/users" || exit 1
done
[ ! -d "$from/pki" ] || [ -e "$to/pki" ] || cp -Rp "$from/pki" "$to/pki"'

take_certificates() {
  local source folder hosts what host
  [ -s "$release_dir/certificates" ] || return 0
  while IFS="$tab" read -r source folder hosts <&6; do
    # shellcheck disable=SC2086 # host names have no spaces
    step docker run --rm --network none -v "$source:/from:ro" -v "$app_dir/edge/data:/to" "$(edge_image)" sh -c "$copy_certificates" sh "$folder" $hosts || {
      [ $? != 130 ] || return 130
      failure DA-EDGE-CERTIFICATES "the certificates in $source could not be copied for the edge"
      raw <"$run/out"
      return 1
    }
    while read -r what host; do
      case $what in
        taken) progress "the certificate of $host is taken over from $source" ;;
        none) progress "$source has no certificate of $host: the edge orders one when it has the ports" ;;
      esac
    done <"$run/out"
  done 6<"$release_dir/certificates"
}
