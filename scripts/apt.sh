#!/usr/bin/env bash
# Debian packages that some tests use as outside witnesses, and what certificates are printed with. CI installs them;
# on a person's machine those tests, and the printing, say what they miss. Nothing else of the product needs them.
set -euo pipefail

packages=(
    kcat   # reads every topic with another Kafka client than ours
    libfaketime # moves the database clock under make faults
    nginx-light # beside which range serving is measured (bench.viewing); it needn't run
    ffmpeg # cuts footage the way recorders do; PyAV does it where this is missing, and both are tested
    chromium # walks the console in tests/browser; without it they are skipped, and say so
    gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good # a camera that speaks RTSP, for live pictures
    fontconfig fonts-noto-cjk                                 # certificates as PDF, in both scripts
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0      # what lays them out
)

# Runs the OpenID provider that tests sign in at. Elsewhere than on Debian, npm comes with nodejs.
command -v npm >/dev/null || packages+=(nodejs npm)

missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
