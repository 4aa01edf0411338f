list(APPEND libraries sim_world)
