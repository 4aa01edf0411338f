set(libraries replay)
