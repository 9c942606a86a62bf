#!/usr/bin/env bash
# Debian packages that some tests use as outside witnesses. CI installs them; on a person's machine those tests say
# what they miss. The product itself needs none of them.
set -euo pipefail

packages=(
    kcat   # reads every topic with another Kafka client than ours
    ffmpeg # cuts footage the way recorders do; PyAV does it where this is missing, and both are tested
)

missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
