#!/bin/bash
# Installs what is missing, builds the application and starts it on its embedded model: the window,
# or the chat in the terminal where there is no display.
#
#   installer/run.sh [--build-only] [option of the application…]

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_only=
options=()
for option; do
    if [ "$option" = --build-only ]; then
        build_only=yes
    else
        options+=("$option")
    fi
done

{
    install_packages "${run_packages[@]}"
    build release nestling nestling-cli nestling-bench
} >&2

bin="$root/build/release/bin"
if [ "$build_only" ]; then
    echo "Built $bin/nestling, nestling-cli and nestling-bench."
elif [ "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$bin/nestling" "${options[@]}"
else
    echo "There is no display here: this is the chat in the terminal." >&2
    exec "$bin/nestling-cli" chat "${options[@]}"
fi
