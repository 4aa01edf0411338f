set(libraries media_sound)
