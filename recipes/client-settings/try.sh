#!/bin/sh
# Install with one installer into a fresh environment, with the files of one or several folders.
#
# Nothing of your own settings, caches, logins and locks takes part. Exit code: the installer's own.
set -eu
cd "$(dirname "$0")"
: "${CLIENT:=}"  # the installer: pip, uv, poetry, pdm, pipenv, hatch, tox, nox or pip-tools
: "${WAYS:=mirror}"  # the folders whose files are used together: "private netrc", "plain pip/private netrc"
: "${MIRROR:=https://mirror.example/simple/}"  # the index that you use instead of the public one
: "${PRIVATE:=https://private.example/simple/}"  # your private index
: "${PUBLIC:=https://pypi.org/simple/}"  # the public index, which only the fallback of pip names
: "${WHEELS:=/srv/wheels}"  # a folder of wheels
: "${CA:=/etc/ssl/private-ca.pem}"  # the certificate of your authority
: "${OURS:=acme-lib}"  # a project of your private index
: "${ANY:=demo-lib}"  # a project of the mirror
: "${PRIVATE_USER:=build}"  # your login at the private index
: "${PRIVATE_PASSWORD:=}"  # its password or token; set it in the environment, never on a command line
: "${VERBOSE:=}"  # yes: the installer says all that it can
: "${WORK:=$PWD/tried}"  # where the environment is made, anew each time
: "${PYTHON:=python3}"  # the Python of the environment

die() { printf 'try: %s\n' "$1" >&2; exit 2; }

case $CLIENT in
    pip|uv|poetry|pdm|pipenv|hatch|tox|nox|pip-tools) ;;
    *) die "say which installer: CLIENT=pip WAYS=mirror sh try.sh, or uv, poetry, pdm, pipenv, hatch, tox, nox, pip-tools" ;;
esac
case $MIRROR$PRIVATE$PUBLIC in
    *@*) die "no login in an address: set PRIVATE_PASSWORD, and take one of the ways to log in" ;;
esac
case $MIRROR$PRIVATE$PUBLIC$WHEELS$CA$OURS$ANY$PRIVATE_USER in
    *[\&\|\\]*) die "a setting has one of & | \\ in it, which this cannot put into a file" ;;
esac
if [ -e "$WORK" ] && [ ! -f "$WORK/made-by-try" ]; then
    die "$WORK was there before and would be deleted: choose another WORK"
fi
rm -rf "$WORK"
mkdir -p "$WORK/project" "$WORK/home/.config/pip" "$WORK/home/.config/uv"
: >"$WORK/made-by-try"
host=${PRIVATE#*://}
host=${host%%/*}

# Put a file where its program looks for it, with your addresses and names in it.
put() {
    case ${1##*/} in
        netrc) target=$WORK/home/.netrc ;;
        pip.conf) target=$WORK/home/.config/pip/pip.conf ;;
        uv.toml) target=$WORK/home/.config/uv/uv.toml ;;
        settings.sh) target=$WORK/settings-$number.sh ;;
        *) target=$WORK/project/${1##*/} ;;
    esac
    [ ! -e "$target" ] || die "two of '$WAYS' bring a ${1##*/}"
    sed -e "s|https://mirror\.example/simple/|$MIRROR|" -e "s|https://private\.example/simple/|$PRIVATE|" \
        -e "s|https://pypi\.org/simple/|$PUBLIC|" -e "s|@private\.example/simple/|@${PRIVATE#*://}|" \
        -e "s|machine private\.example|machine ${host%:*}|" -e "s|login build|login $PRIVATE_USER|" \
        -e "s|/srv/wheels|$WHEELS|" -e "s|/etc/ssl/private-ca.pem|$CA|" \
        -e "s|acme-lib|$OURS|" -e "s|demo-lib|$ANY|" "$1" |
        while IFS= read -r line; do  # the password is no word of a command: others would see it
            case $line in
                *YOUR-PASSWORD) printf '%s%s\n' "${line%YOUR-PASSWORD}" "$PRIVATE_PASSWORD" ;;
                *) printf '%s\n' "$line" ;;
            esac
        done >"$target"
    case $target in */.netrc) chmod 600 "$target" ;; esac
}

number=0
for way in $WAYS; do
    folder=$CLIENT/$way
    [ -d "$folder" ] || folder=$way
    [ -d "$folder" ] || die "there is no folder $CLIENT/$way and none $way"
    number=$((number + 1))
    for file in "$folder"/*; do
        put "$file"
    done
done

# Of your own environment only these are left.
for name in $(env | sed -n 's/^\([A-Z_]*\)=.*/\1/p'); do
    case $name in
        PIP_RETRIES|PIP_NO_INPUT|UV_HTTP_RETRIES|POETRY_REQUESTS_MAX_RETRIES|UV_PYTHON_DOWNLOADS) ;;
        PIP_*|PIPENV_*|UV_*|POETRY_*|PDM_*|HATCH_*|TOX_*|NOX_*|VIRTUAL_ENV|NETRC|SSL_CERT_*|*_CA_BUNDLE)
            unset "$name" ;;
    esac
done
export PRIVATE_USER PRIVATE_PASSWORD HOME="$WORK/home" XDG_CACHE_HOME="$WORK/home/.cache" \
    XDG_CONFIG_HOME="$WORK/home/.config" XDG_DATA_HOME="$WORK/home/.local/share" \
    XDG_STATE_HOME="$WORK/home/.local/state" PDM_CHECK_UPDATE=0
for file in "$WORK"/settings-*.sh; do
    # shellcheck disable=SC1090  # whichever are there
    [ ! -e "$file" ] || . "$file"
done

cd "$WORK/project"
venv=$WORK/venv
case $CLIENT in
    hatch|tox|nox) ;;
    *)
        "$PYTHON" -m venv --without-pip "$venv"
        export VIRTUAL_ENV="$venv"
        ;;
esac
# What to install, where no file of a project says so.
wanted=$ANY
case " $WAYS " in *private*|*keyring*|*environment*) wanted=$OURS ;; esac
say() { if [ "$VERBOSE" ]; then printf %s "$1"; fi; }

install() {
    # shellcheck disable=SC2046  # no word, or one
    case $CLIENT in
        pip)
            if [ -e requirements.txt ]; then set -- -r requirements.txt; else set -- "$wanted"; fi
            pip --python "$venv" $(say -vvv) install "$@"
            ;;
        pip-tools)
            pip-compile $(say -vv) requirements.in &&
                pip --python "$venv" $(say -vvv) install --require-hashes -r requirements.txt
            ;;
        uv)
            if [ -e pyproject.toml ]; then
                UV_PROJECT_ENVIRONMENT="$venv" uv $(say -vv) sync
            else
                uv $(say -vv) pip install "$wanted"
            fi
            ;;
        poetry) poetry $(say -vvv) install ;;
        pdm) pdm install $(say -vv) ;;
        pipenv) pipenv install $(say -v) ;;
        hatch) hatch $(say -vv) env create ;;
        tox) tox run $(say -vv) ;;
        nox) nox $(say -v) ;;
    esac
}

code=0
install >"$WORK/output.txt" 2>&1 </dev/null || code=$?  # nobody is asked for a password
cat "$WORK/output.txt"
exit $code
