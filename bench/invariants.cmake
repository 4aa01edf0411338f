list(APPEND libraries sim_world sim_scenario)
