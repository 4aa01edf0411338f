set(libraries sim_sound)
