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

# True when there is a Node.js that the web app's tools take.
has_node() {
    local found
    command -v npm >/dev/null || return 1
    found=$(node --version 2>/dev/null) || return 1
    [ "$(printf '%s\n' "$NODE" "${found#v}" | sort -V | head -n1)" = "$NODE" ]
}
# web/package.json says the same.
NODE=20.19

# Installs the web app's packages, if they are not those that the lock file names.
web_packages() {
    local wanted
    wanted=$(sha256sum <web/package-lock.json)
    [ "$(cat web/node_modules/.lock-file 2>/dev/null)" = "$wanted" ] && return
    say "installing the web app's packages"
    (cd web && npm ci --no-progress --loglevel=error) || die "npm ci failed; the reason is in the lines above."
    printf '%s\n' "$wanted" >web/node_modules/.lock-file
}

# Builds the web app into web/dist, if anything that it is made of is newer, with packed files beside the plain ones.
web_build() {
    local built=web/dist/.built began
    if [ -e "$built" ] && [ -e web/dist/index.html ] && [ -z "$(find web/src web/public web/index.html web/package-lock.json \
        web/vite.config.ts web/tsconfig*.json -type f -newer "$built" -print -quit)" ]; then
        return
    fi
    say "building the web app"
    # From before the build: what is saved meanwhile is newer.
    began=$(mktemp)
    (cd web && npm run --silent build) || die "The web app cannot be built; the reason is in the lines above."
    find web/dist -type f \( -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.svg' -o -name '*.json' \
        -o -name '*.webmanifest' -o -name '*.txt' \) -size +1k -exec gzip -9kn {} +
    mv "$began" "$built"
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
