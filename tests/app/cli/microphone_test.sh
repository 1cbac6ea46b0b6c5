#!/bin/bash
# A real sound server, whose microphone hears what is played: `chat --mic` answers what is said into
# it as `generate --audio` answers the file. Called with the build folder and the number of clips to
# speak; leaves the log in tests/microphone.log there. 77 means skipped.
set -euo pipefail

build=$1
clip_count=$2
tests=$(cd "$(dirname "$0")/../.." && pwd)
data=$tests/data/golden/multimodal
cli=$build/bin/nestling-cli
source "$tests/support/sound_server.sh"
for tool in $sound_server_tools; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is missing"
        [ "${REQUIRE_SOUND_SERVER:-0}" = 1 ] && exit 1
        exit 77
    fi
done

work=$(mktemp -d)
jobs=()
finish() {
    for job in "${jobs[@]}"; do kill "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    cp "$work/log" "$build/tests/microphone.log" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
log() { echo "$@" | tee -a "$work/log"; }
fail() {
    log "FAIL: $1"
    cat "$work/errors" "$work/server.log" 2>/dev/null || true
    exit 1
}

use_sound_server
# Drivers keep what they have until the end; the other tests look for our leaks.
export ASAN_OPTIONS=detect_leaks=0

if ! "$cli" devices >"$work/devices" 2>&1; then
    cat "$work/devices"
    [ "${REQUIRE_VULKAN:-0}" = 1 ] && exit 1
    exit 77
fi

# Before there is a server, there is no microphone.
"$cli" chat --mic <<<"" >"$work/answers" 2>"$work/errors" || fail "chat without a microphone"
grep -q "No microphone was found. Connect one" "$work/errors" || fail "no sentence: no microphone"

start_sound_server

# wait_for FILE LINES: until the file has so many.
wait_for() {
    for _ in $(seq 600); do
        [ "$(wc -l <"$1")" -ge "$2" ] && return
        sleep 0.05
    done
    fail "$1 has $(wc -l <"$1") lines and not $2"
}

start_chat() {
    mkfifo "$work/input"
    "$cli" chat --mic --temp 0 "$@" <"$work/input" >"$work/answers" 2>"$work/errors" &
    chat=$!
    jobs+=("$chat")
    exec 3>"$work/input"
    rm "$work/input"
    told=0
    answered=0
}

# Begins to listen, and plays the clip once the microphone runs.
speak() {
    echo >&3
    told=$((told + 1))
    wait_for "$work/errors" "$told"
    tail -n 1 "$work/errors" | grep -q 'Listening to "default"' || fail "it does not listen"
    paplay --device=vmic "$data/clips/$1.wav"
}

# check CLIP OPTION… PROMPT: the next answer is that to the file.
check() {
    local clip=$1 expected answer
    shift
    answered=$((answered + 1))
    wait_for "$work/answers" "$answered"
    answer=$(sed -n "${answered}p" "$work/answers")
    expected=$("$cli" generate --temp 0 --audio "$data/clips/$clip.wav" "$@")
    log "clip $clip, $*: \"$answer\""
    [ "$answer" = "$expected" ] || fail "but to the file: \"$expected\""
    echo "/new" >&3
}

log "Spoken, and ended by the next line:"
start_chat
for clip in $(printf '%s\n' 012 032 075 055 | head -n "$clip_count"); do
    speak "$clip"
    sleep 0.3  # until the last of it went through the server
    echo "What did I say?" >&3
    check "$clip" "What did I say?"
done
echo "/quit" >&3
wait "$chat" || fail "chat ended with $?"
[ "$(wc -l <"$work/errors")" = "$told" ] || fail "something was lost"

log "Asked about a picture, and ended by a pause:"
start_chat --mic-pause
# Other clips (008, 049, 089) are answered in another way after a moment of silence, in a file as well.
for pair in $(printf '%s\n' 041:060 028:060 053:060 | head -n "$clip_count"); do
    picture=$data/pictures/${pair%:*}.png
    echo "/image $picture" >&3
    answered=$((answered + 1))
    wait_for "$work/answers" "$answered"
    speak "${pair#*:}"
    check "${pair#*:}" --image "$picture" "<image><audio>"
done

log "The sound server goes away while one speaks:"
echo >&3
told=$((told + 1))
wait_for "$work/errors" "$told"
kill "$server"
for _ in $(seq 300); do  # the sound server's own lines stand between
    grep -q "is gone" "$work/errors" && break
    sleep 0.1
done
log "$(grep -v "Listening" "$work/errors")"
grep -q 'The microphone "default" is gone' "$work/errors" || fail "no sentence: microphone gone"
echo "/quit" >&3
wait "$chat" || fail "chat ended with $?"
log "What was spoken was answered as the files are."
