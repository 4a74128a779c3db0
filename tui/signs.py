"""The sign for how a profile is, which says it without colour, and the colour's role.

`open`: its server would answer a probe, but its breaker is open.
"""

SIGNS = {"ready": "●", "cold": "○", "loading": "◐", "checking": "…", "down": "×", "open": "◌"}
STYLES = {
    "ready": "$success",
    "cold": "$success",
    "loading": "$warning",
    "checking": "$text-muted",
    "down": "$error",
    "open": "$warning",
}
