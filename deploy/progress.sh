# shellcheck shell=bash
# Sourced by the scripts of this project: shows what happens and how long it takes, without flooding the terminal.

PROGRESS_START=${PROGRESS_START:-$SECONDS}

say() { printf '[%4ds] %s\n' "$((SECONDS - PROGRESS_START))" "$*"; }

# quietly LABEL COMMAND…: runs the command with its output in a log, and prints one line of progress every 10 s. If the
# command fails, the end of the log is printed.
quietly() {
    local label=$1 log code=0 began=$SECONDS shown=$SECONDS pid last
    shift
    log=$(mktemp)
    say "$label"
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if ((SECONDS - shown >= 10)); then
            shown=$SECONDS
            last=$(tail -n 1 "$log" | tr -d '\r' | cut -c1-100)
            say "  … $label, $((SECONDS - began)) s: $last"
        fi
    done
    wait "$pid" || code=$?
    if ((code != 0)); then
        say "$label: FAILED (exit $code) after $((SECONDS - began)) s; the end of its output:"
        # The first errors of a build are far above its end.
        grep -nE '(error|Error|FAILED|undefined reference)' "$log" | head -n 8 | cut -c1-300
        echo '---'
        tail -n 15 "$log" | cut -c1-300
    elif ((SECONDS - began >= 3)); then
        say "  done in $((SECONDS - began)) s"
    fi
    rm -f "$log"
    return "$code"
}
