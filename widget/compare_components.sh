#!/bin/sh
# Prints what the chat components weigh that docs/decisions/0005-chat-page-base.md compares, and what our page weighs.
# Needs npm and tar; downloads the packages into a temporary folder and removes it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

count() {
    { grep -o "$1" "$2" || true; } | wc -l
}

printf '%-46s %9s %9s %10s %9s\n' 'package (file)' 'bytes' 'gzipped' 'innerHTML' 'aria-live'
while read -r package file; do
    archive=$(npm pack --silent "$package" 2>/dev/null)
    tar -xzOf "$archive" "package/$file" >bundle.js
    printf '%-46s %9d %9d %10d %9d\n' "$package (${file##*/})" "$(wc -c <bundle.js)" "$(gzip -9c bundle.js | wc -c)" \
        "$(count innerHTML bundle.js)" "$(count aria-live bundle.js)"
done <<'LIST'
deep-chat@2.4.2 dist/deepChat.bundle.js
botframework-webchat@4.18.1 dist/webchat-minimal.js
rasa-webchat@1.0.1 lib/index.js
@chatscope/chat-ui-kit-react@2.1.1 dist/chat-ui-kit-react.min.js
LIST

bytes=0
gzipped=0
cd "$here/static"
for file in index.html page.css chat.css icon.svg messages.fi.json *.js; do
    bytes=$((bytes + $(wc -c <"$file")))
    gzipped=$((gzipped + $(gzip -9c "$file" | wc -c)))
done
printf '%-46s %9d %9d\n' 'luotsi-chat (the whole page)' "$bytes" "$gzipped"
