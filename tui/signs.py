"""The sign for how a profile is, which says it without colour, and the colour's role."""

SIGNS = {"ready": "●", "cold": "○", "loading": "◐", "checking": "…", "down": "×"}
STYLES = {
    "ready": "$success",
    "cold": "$success",
    "loading": "$warning",
    "checking": "$text-muted",
    "down": "$error",
}
