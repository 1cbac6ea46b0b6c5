# Debian package names (Debian 12 and newer, Ubuntu 24.04 and newer). Sourced by common.sh; nowhere
# else does the project name a package to install.

# What building and running the application takes.
run_packages=(
    cmake
    g++
    glslang-tools
    ninja-build
    pkg-config
    libasound2-dev
    libboost-dev
    libcli11-dev
    libjack-jackd2-dev
    libkissfft-dev
    libsentencepiece-dev
    libsndfile1-dev
    libsoxr-dev
    libvulkan-dev
    nlohmann-json3-dev
    portaudio19-dev
    qt6-base-dev

    fonts-dejavu-core
    libqt6svg6
    mesa-vulkan-drivers
    qt6-image-formats-plugins
    qt6-wayland
)

# What the tests take beyond that.
test_packages=(
    imagemagick
    libasound2-plugins
    openbox
    pulseaudio
    pulseaudio-utils
    python3
    vulkan-validationlayers
    xclip
    xdotool
    xvfb
)

# What the checks of .ci/run take beyond that.
ci_packages=(
    clang
    clang-format
    clang-tidy
    libclang-rt-dev
    lld
)
