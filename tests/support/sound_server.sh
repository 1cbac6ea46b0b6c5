# Sourced by tests that speak: a sound server of their own, whose microphone hears what is played to
# its sink "vmic". The caller has a folder $work, kills $jobs at its end, and says fail().

sound_server_tools="pulseaudio pactl paplay pacat"

# For all that is started from now on; until start_sound_server there is no microphone.
use_sound_server() {
    mkdir -p -m 700 "$work/run" "$work/config/alsa"
    export XDG_RUNTIME_DIR=$work/run XDG_CONFIG_HOME=$work/config JACK_NO_START_SERVER=1
    export PULSE_RUNTIME_PATH=$work/run/pulse PULSE_STATE_PATH=$work/run/state
    unset PULSE_SERVER DBUS_SESSION_BUS_ADDRESS
    printf 'pcm.!default { type pulse }\nctl.!default { type pulse }\n' \
        >"$work/config/alsa/asoundrc"
}

# Its process is $server.
start_sound_server() {
    pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no \
        -L module-native-protocol-unix \
        -L "module-null-sink sink_name=vmic rate=16000 channels=1" 2>"$work/server.log" &
    server=$!
    jobs+=("$server")
    for _ in $(seq 100); do pactl info >/dev/null 2>&1 && break; sleep 0.1; done
    pactl set-default-source vmic.monitor || fail "the sound server does not start"
    # A null sink that plays nothing runs in jerks.
    pacat --playback --device=vmic --latency-msec=20 --raw --rate=16000 --channels=1 /dev/zero &
    jobs+=($!)
}
