# shellcheck shell=dash
# Files come through the session itself, in the order of its commands: opening another channel costs two answers of the host each time,
# and a shell. The reader unpacks them; the commands that it passes on find them there.

# A tar archive in pieces, unpacked. What tar does not read is read all the same: the next command stands behind it. The reader itself takes
# the pieces: it is the one process that a run which ends has to end.
unpack() { # folder; $run/upload-error says what went wrong
  local unpacker code
  mkfifo "$run/upload"
  {
    { mkdir -p -- "$1" && tar -x -p -f - -C "$1"; } >"$run/upload-error" 2>&1
    code=$?
    cat >/dev/null
    exit "$code"
  } <"$run/upload" &
  unpacker=$!
  pieces >"$run/upload"
  wait "$unpacker"
  code=$?
  rm -f "$run/upload"
  return "$code"
}

# Each piece is a line with its length, then its bytes; nothing is read beyond them. Length 0 is the end. In between the runner says that it lives.
pieces() {
  local line
  while IFS= read -r line; do
    beat
    case $line in
      0) return ;;
      ping) ;;
      cancel) wake cancel ;;
      *[!0-9]* | '') wake lost ;; # never the bytes of a file as commands or arguments
      *) dd bs="$line" count=1 iflag=fullblock 2>/dev/null || wake lost ;;
    esac
  done
  wake lost
}

upload_failed() { # exit code, folder
  failure DA-SSH-UPLOAD "writing files to $2 on the host failed with exit code $1: $(tail -n 3 "$run/upload-error" | tr '\n' ' '). Check that the agent may write there, that the disk is not full (\`df -h\`), and that the host has tar"
}
