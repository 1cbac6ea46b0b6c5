# What run.sh, test.sh and .ci/run share. To be sourced by bash, not run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
source "$root/installer/packages.sh"

say() { printf '\n== %s\n' "$*"; }

fail()
{
    printf '%s\n' "$*" >&2
    exit 1
}

# Prints those of the packages named that are not installed.
missing_packages()
{
    local state package
    local -A installed=()
    while read -r state package; do
        [ "$state" = installed ] && installed[$package]=yes
    done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null)
    for package; do
        [ "${installed[$package]:-}" ] || echo "$package"
    done
}

# Installs what is missing of the packages named. Asks for nothing and touches nothing if all are
# there.
install_packages()
{
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        printf '%s\n' "This system has no apt-get: see to it that these (by their Debian names)" \
            "are installed: $*"
        return
    fi

    local missing=() as_root=()
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0

    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "Installing what is missing takes root and there is no sudo. As root, run:" \
                "apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi

    say "Installing ${missing[*]}"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
    # Another apt may be refreshing the lists at this moment. If refreshing fails for good, the
    # lists that are there may still do.
    local attempt
    for attempt in 1 2 3; do
        "${apt[@]}" update </dev/null && break
        [ "$attempt" = 3 ] || sleep 10
    done
    "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null ||
        fail "Not everything could be installed; the lines above say why."
}

# How many compilers fit into this machine: one per core, and 1 GiB for each.
job_count()
{
    local cores memory key value rest
    cores=$(nproc)
    memory=$cores
    while read -r key value rest; do
        [ "$key" = MemAvailable: ] && memory=$((value / 1024 / 1024))
    done </proc/meminfo
    [ "$memory" -ge 1 ] || memory=1
    echo $((memory < cores ? memory : cores))
}

# After sudo the results still belong to whom the checkout belongs.
hand_over()
{
    if [ "$(id -u)" -eq 0 ] && [ "$(stat -c %u "$root")" -ne 0 ]; then
        chown -R --reference="$root" "$root/build"
    fi
}

# build PRESET [TARGET…]: configures and builds build/PRESET.
build()
{
    local preset=$1 folder="$root/build/$1" cache="$root/build/$1/CMakeCache.txt" status=0
    shift
    command -v cmake >/dev/null || fail "cmake is not installed."

    # What was configured in another place, or for another build tool, cannot be built on.
    if [ -f "$cache" ] && ! { grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" &&
        grep -qxF "CMAKE_GENERATOR:INTERNAL=Ninja" "$cache"; }; then
        say "Starting afresh: $folder was made elsewhere"
        rm -rf "$folder"
    fi
    mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ] ||
        fail "$folder cannot be written to: remove it, or run this as the one who made it."

    say "Building ($preset)"
    local warnings=OFF
    [ "${CI:-}" ] && warnings=ON
    (
        # Two builds in one folder would lose each other's records.
        if command -v flock >/dev/null && ! flock --nonblock 9; then
            echo "Waiting for another build of this checkout to end."
            flock 9
        fi
        cd "$root"
        export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(job_count)}
        cmake --preset "$preset" --log-level=WARNING "-DNESTLING_WERROR=$warnings" &&
            cmake --build "$folder" ${1:+--target "$@"}
    ) 9>"$folder/lock" || status=$?

    hand_over
    [ "$status" -eq 0 ] || fail "The build failed; the lines above say why."
}

# Runs ctest on build/PRESET in surroundings that are the same everywhere: run_tests PRESET
# [ctest option…].
run_tests()
{
    local preset=$1
    shift
    say "Testing ($preset)"
    (
        if [ ! -w "${HOME:-}" ]; then
            export HOME="$root/build/home"
            mkdir -p "$HOME"
        fi
        private=$(mktemp -d)
        trap 'rm -rf "$private"; hand_over' EXIT
        export XDG_RUNTIME_DIR=$private

        # The tests mean Mesa's software driver; with VK_ICD_FILENAMES set to the empty string they
        # take what the machine has.
        if [ -z "${VK_ICD_FILENAMES+set}" ]; then
            for driver in /usr/share/vulkan/icd.d/lvp_icd.*.json; do
                [ -f "$driver" ] && export VK_ICD_FILENAMES=$driver
            done
        elif [ -z "$VK_ICD_FILENAMES" ]; then
            unset VK_ICD_FILENAMES
        fi
        export MESA_SHADER_CACHE_DIR="$root/build/shader-cache"
        ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error \
            --parallel "$(job_count)" "$@" </dev/null
    )
}
