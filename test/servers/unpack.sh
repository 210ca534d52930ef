#!/usr/bin/env bash
# unpack.sh [cyrus] [courier]: fetches the Debian packages of these IMAP servers and unpacks them into the cache folder
# (MAILROOM_CACHE, else ~/.cache/n8n-nodes-mailroom), where the tests look. Nothing is installed: in Debian each of them
# conflicts with Dovecot. Does nothing for what is there.
set -euo pipefail

declare -A PACKAGES=(
	[cyrus]='cyrus-imapd'
	[courier]='courier-imap courier-base courier-authlib libcourier-unicode4 gamin libgamin0 libgdbm6 libidn12 libglib2.0-0 libpcre2-8-0'
)
# A file that is there when all is.
declare -A PROOF=([cyrus]=usr/lib/cyrus/bin/imapd [courier]=usr/libexec/gam_server)

cache=$(realpath -m "${MAILROOM_CACHE:-$HOME/.cache/n8n-nodes-mailroom}")
[ $# -gt 0 ] || set -- cyrus courier
for server in "$@"; do
	[ -n "${PACKAGES[$server]:-}" ] || {
		echo "unpack.sh: there is no server '$server', only: ${!PACKAGES[*]}" >&2
		exit 2
	}
	[ -e "$cache/$server/${PROOF[$server]}" ] && continue
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	read -ra packages <<<"${PACKAGES[$server]}"
	(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}")
	mkdir -p "$work/root" "$cache"
	for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
	# In one step, so that no half of it is ever taken for all.
	rm -rf "${cache:?}/$server"
	cp -a "$work/root" "$cache/$server.partial-$$"
	mv -T "$cache/$server.partial-$$" "$cache/$server"
	rm -rf "$work"
	echo "Unpacked: $server (${packages[*]})"
done
