#!/bin/bash
# The installed window for real: under a virtual X server, with real key events, on the embedded
# model. Called with the build folder, and `spoken` if it is to be spoken to as well, through a real
# sound server; leaves pictures in tests/real_window*.png there. 77 means skipped.
set -euo pipefail

build=$1
spoken=${2:-}
tests=$(cd "$(dirname "$0")/.." && pwd)
source "$tests/support/sound_server.sh"
require=${REQUIRE_VULKAN:-0}
for tool in Xvfb openbox xdotool xclip import identify ${spoken:+$sound_server_tools}; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is missing"
        [ "$require" = 1 ] && exit 1
        exit 77
    fi
done

work=$(mktemp -d)
jobs=()
finish() {
    for job in "${jobs[@]}"; do kill "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAIL: $1"
    [ -n "${DISPLAY:-}" ] && import -window root "$build/tests/real_window_failed.png" || true
    cat "$work/window.log" 2>/dev/null || true
    exit 1
}

use_sound_server
export QT_QPA_PLATFORM=xcb
# Drivers and toolkits keep what they have until the end; the other tests look for our leaks.
export ASAN_OPTIONS=detect_leaks=0
unset QT_SCALE_FACTOR QT_QPA_PLATFORMTHEME

cmake --install "$build" --prefix "$work/installed" >"$work/install.log" || fail "install"
nestling=$work/installed/bin/nestling
for file in share/nestling/models/nestling-demo-q8_0.gguf share/applications/nestling.desktop \
            share/icons/hicolor/scalable/apps/nestling.svg share/metainfo/nestling.metainfo.xml; do
    [ -s "$work/installed/$file" ] || fail "$file is not installed"
done

# What fails, fails with a sentence and its exit code, also without a display.
code=0
: >"$work/empty.gguf"
QT_QPA_PLATFORM=offscreen "$nestling" --model "$work/empty.gguf" --screenshot "$work/x.png" \
    2>"$work/errors" || code=$?
[ "$code" = 2 ] && grep -q "empty.gguf" "$work/errors" || fail "an empty model file: code $code"
code=0
VK_ICD_FILENAMES=/nonexistent VK_DRIVER_FILES=/nonexistent QT_QPA_PLATFORM=offscreen \
    "$nestling" --screenshot "$work/x.png" 2>"$work/errors" || code=$?
[ "$code" = 3 ] && grep -q "mesa-vulkan-drivers" "$work/errors" || fail "no driver: code $code"

if ! QT_QPA_PLATFORM=offscreen "$nestling" --screenshot "$work/x.png" 2>"$work/errors"; then
    if grep -q "mesa-vulkan-drivers" "$work/errors" && [ "$require" != 1 ]; then
        cat "$work/errors"
        exit 77
    fi
    fail "$(cat "$work/errors")"
fi

code=0
QT_QPA_PLATFORM=offscreen "$nestling" --screenshot "$work/x.png" \
    --screenshot-picture "$work/missing.png" --ask "What is this?" 2>"$work/errors" || code=$?
[ "$code" = 2 ] && grep -q "missing.png does not exist" "$work/errors" ||
    fail "a picture that is missing: code $code"

Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset 3>"$work/display" 2>/dev/null &
jobs+=($!)
for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.05; done
DISPLAY=:$(cat "$work/display")
export DISPLAY
# A window that is mapped while openbox starts may never be shown.
openbox --startup "touch $work/ready" >/dev/null 2>&1 &
jobs+=($!)
for _ in $(seq 100); do [ -e "$work/ready" ] && break; sleep 0.05; done
[ -e "$work/ready" ] || fail "openbox does not start"

start_window() {
    "$nestling" >"$work/window.log" 2>&1 &
    window_job=$!
    jobs+=("$window_job")
    window=
    # A search fails, too, when a window vanishes meanwhile.
    for _ in $(seq 200); do
        window=$(timeout 2 xdotool search --onlyvisible --name '^Nestling$' 2>/dev/null | tail -1) ||
            true
        [ -n "$window" ] && break
        sleep 0.1
    done
    [ -n "$window" ] || fail "no window"
    for _ in $(seq 50); do
        timeout 2 xdotool windowactivate --sync "$window" 2>/dev/null && return
        sleep 0.1
    done
    fail "the window is not active"
}

# Enter does nothing until the model is open, and nothing again once the message is sent.
wait_for_answer() {
    for _ in $(seq 200); do
        xdotool key Return key ctrl+shift+c
        sleep 0.1
        timeout 2 xclip -o -selection clipboard 2>/dev/null | grep -q "$1" && return
    done
    fail "no answer with '$1'"
}

start_window
xdotool type --delay 15 "Who are you?"
wait_for_answer "I am the demonstration model of Nestling"
xdotool type --delay 15 "Which colors do you know?"
wait_for_answer "I know red, orange, yellow"
sleep 0.3
import -window "$window" "$build/tests/real_window.png"
[ "$(identify -format %k "$build/tests/real_window.png")" -gt 100 ] || fail "an empty picture"

# A file dragged out of another window, by the X protocol for it. It must leave its window by
# many small steps, or toolkits take it for a click.
drag_file() {
    "$build/tests/drag_source" "$1" >/dev/null 2>&1 &
    local source_job=$! source=
    jobs+=("$source_job")
    for _ in $(seq 100); do
        source=$(timeout 2 xdotool search --onlyvisible --name '^DragSource$' 2>/dev/null |
                 tail -1) || true
        [ -n "$source" ] && break
        sleep 0.1
    done
    [ -n "$source" ] || fail "no window to drag from"
    timeout 2 xdotool windowactivate --sync "$source" || true
    xdotool mousemove --window "$source" 60 40 mousedown 1
    for step in $(seq 10); do
        xdotool mousemove --window "$source" $((60 + 2 * step)) $((40 + step))
        sleep 0.02
    done
    for step in $(seq 10); do
        xdotool mousemove --window "$window" $((200 + 20 * step)) $((200 + 10 * step))
        sleep 0.03
    done
    xdotool mouseup 1
    sleep 0.3
    kill "$source_job"
    timeout 2 xdotool windowactivate --sync "$window" || fail "the window is not active"
}

pictures=$tests/data/golden/multimodal/pictures
drag_file "$pictures/000.png"
sleep 0.5
import -window "$window" "$build/tests/real_window_dropped.png"
xdotool type --delay 15 "What do you see?"
wait_for_answer "a large purple star at the top left and a large yellow square"
import -window "$window" "$build/tests/real_window_seen.png"

# And one from the clipboard.
xdotool key ctrl+n
xclip -selection clipboard -t image/png -i "$pictures/001.png"
xdotool key ctrl+v
xdotool type --delay 15 "What is this?"
wait_for_answer "a large white circle at the bottom right"

# A sound, and a question about a picture that is asked by voice alone.
clips=$tests/data/golden/multimodal/clips
xdotool key ctrl+n
drag_file "$clips/032.wav"
xdotool type --delay 15 "Transcribe this audio."
wait_for_answer "large red square"
import -window "$window" "$build/tests/real_window_heard.png"
xdotool key ctrl+n
drag_file "$pictures/054.png"
drag_file "$clips/008.wav"
wait_for_answer "There is one five"

# speak CLIP: as the microphone hears it, from the key that begins to the key that sends.
speak() {
    local expected playing
    expected=$("$work/installed/bin/nestling-cli" generate --temp 0 --audio "$1" "What did I say?")
    xdotool key ctrl+n
    xdotool type --delay 15 "What did I say?"
    xdotool key F9
    for _ in $(seq 100); do
        [ -n "$(pactl list short source-outputs)" ] && break
        sleep 0.1
    done
    sleep 2  # until the first of it went through the server
    paplay --device=vmic "$1" &
    playing=$!
    sleep 0.5
    import -window "$window" "$build/tests/real_window_recording.png"
    wait "$playing"
    sleep 0.3  # and the last
    xdotool key F9
    wait_for_answer "^$expected\$"
}

if [ "$spoken" = spoken ]; then
    start_sound_server
    speak "$clips/012.wav"
    speak "$clips/075.wav"
    import -window "$window" "$build/tests/real_window_spoken.png"
fi

# Closing while an answer is under way ends the program, in order.
xdotool type --delay 15 "Who are you?"
xdotool key Return key ctrl+q
for _ in $(seq 100); do
    kill -0 "$window_job" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$window_job" 2>/dev/null && fail "the program goes on after its window was closed"
code=0
wait "$window_job" || code=$?
[ "$code" = 0 ] || fail "the program ended with $code"
[ -s "$work/config/nestling/nestling.conf" ] || fail "the window's place was not remembered"
grep -vi "libEGL\|MESA\|QStandardPaths" "$work/window.log" && fail "the program complained"
echo "The embedded model answered in a real window."
