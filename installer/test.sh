#!/bin/bash
# Installs what the tests need, builds everything and runs the tests: all but the heavy ones, or
# with --heavy only those. What follows goes to ctest, as in `installer/test.sh -R tokenizer`.
#
#   installer/test.sh [--heavy] [option of ctest…]

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

label=(--label-exclude heavy)
if [ "${1:-}" = --heavy ]; then
    label=(--label-regex heavy)
    shift
fi

install_packages "${run_packages[@]}" "${test_packages[@]}"
build release
run_tests release "${label[@]}" "$@"
