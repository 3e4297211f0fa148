# Sourced by the scripts beside it and by tests/run: what they share. Bash.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The folder of initdb and postgres, found in the server's own order; nothing when there is none.
postgres_bin() {
    local folder
    for folder in "${EMBEDDED_POSTGRES_BIN:-}" \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rn) \
        "$(pg_config --bindir 2>/dev/null)" \
        "$(dirname "$(command -v postgres || true)")"; do
        if [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            printf '%s\n' "$folder"
            return
        fi
    done
}

# True when something listens on this port of 127.0.0.1.
port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# True when GET http://127.0.0.1:PORT/PATH answers 200; needs no curl.
answers_200() {
    local port=$1 path=$2
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$path" >&3
        read -r -t 5 -u 3 _ code _ && [ "$code" = 200 ]
    ) 2>/dev/null
}
