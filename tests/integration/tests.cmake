set(python ${CMAKE_SOURCE_DIR}/postprocess/python.sh)

add_test(NAME integration_bad_input COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/bad_input.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/bad_input)

# Mass that leaves the box is not passed over in silence.
add_test(NAME integration_outflow COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/outflow.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/outflow)
set_tests_properties(integration_outflow PROPERTIES LABELS integration TIMEOUT 60 ENVIRONMENT "${mpi_environment}")

# Numbers that could be wrong are warned of or refused.
add_test(NAME integration_check_refuses COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/check_refuses.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/check_refuses)
set_tests_properties(integration_check_refuses PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")
add_test(NAME integration_odd_numbers COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/odd_numbers.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/odd_numbers)
set_tests_properties(integration_odd_numbers PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# What the work takes is said before it.
add_test(NAME integration_estimate COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/estimate.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/estimate)
set_tests_properties(integration_estimate PROPERTIES LABELS integration TIMEOUT 120 ENVIRONMENT "${mpi_environment}")

# One model's failure does not end the others.
add_test(NAME integration_failures COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/failures.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/failures)
set_tests_properties(integration_failures PROPERTIES LABELS integration TIMEOUT 600 ENVIRONMENT "${mpi_environment}")

# Nothing that was computed is wiped in silence.
add_test(NAME integration_folder COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/folder.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/folder)
set_tests_properties(integration_folder PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# SIGKILL at random moments of run, sample and sweep (200 of each: killed.py SGDFP FOLDER run 200, ..).
add_test(NAME integration_killed COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/killed.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/killed all 12)
set_tests_properties(integration_killed PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# Flipped bytes are refused or do not matter (damaged.py SGDFP FOLDER 100: a hundred of each file).
add_test(NAME integration_damaged COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/damaged.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/damaged)
set_tests_properties(integration_damaged PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# A program that was killed elsewhere on the node does not stop this one.
add_test(NAME integration_stale_semaphore COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/stale_semaphore.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/stale_semaphore)
set_tests_properties(integration_stale_semaphore PROPERTIES LABELS integration TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT "${mpi_environment}")

# Signals of every kind, between steps and within one.
add_test(NAME integration_signals COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/signals.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/signals)
set_tests_properties(integration_signals PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# .. and in other commands and phases, a few (all: signals_everywhere.py MPIEXEC SGDFP FOLDER all).
add_test(NAME integration_signals_everywhere COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/signals_everywhere.py
         ${MPIEXEC_EXECUTABLE} $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/signals_everywhere)
set_tests_properties(integration_signals_everywhere PROPERTIES LABELS integration TIMEOUT 600 PROCESSORS 2 ENVIRONMENT "${mpi_environment}")

# Maps to 1e-12; implicit models to ten times their solver's tolerance (1e-12).
function(sgd_add_ranks name case tolerance)
  add_test(NAME integration_ranks_${name} COMMAND ${python} ${CMAKE_SOURCE_DIR}/tests/integration/ranks.py ${MPIEXEC_EXECUTABLE}
           $<TARGET_FILE:sgdfp> ${CMAKE_SOURCE_DIR}/${case} ${CMAKE_BINARY_DIR}/tests/run/ranks_${name} ${tolerance} ${ARGN})
  set_tests_properties(integration_ranks_${name} PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}" PROCESSORS 2)
endfunction()
sgd_add_ranks(rough cases/examples/rough_landscape.yaml 1e-12 --set models=[master])
sgd_add_ranks(rough_implicit cases/examples/rough_landscape.yaml 1e-11)
sgd_add_ranks(saddle cases/examples/saddle.yaml 1e-11)
sgd_add_ranks(quickstart cases/examples/quickstart.yaml 1e-11 --set sgd.steps=3 --set "slice.deviations=[8,8]" --set slice.cells=[42,204] --set slice.nodes=9)
set_tests_properties(integration_bad_input PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# The trajectory ensemble and its predictions, end to end.
add_test(NAME integration_sample COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/sample.py ${MPIEXEC_EXECUTABLE}
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_SOURCE_DIR}/integration/sample.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/sample)
set_tests_properties(integration_sample PROPERTIES LABELS integration TIMEOUT 120 PROCESSORS 3 ENVIRONMENT "${mpi_environment}")

# Stopped by a signal and restarted, against the same undisturbed: bit for bit on equal ranks, else to 1e-12. (Parallel
# factorisations are not the same bit for bit from run to run, restarted or not, so those models are left out there.)
function(sgd_add_restart name ranks signal)
  add_test(NAME integration_restart_${name} COMMAND ${python} ${CMAKE_SOURCE_DIR}/tests/integration/restart.py ${MPIEXEC_EXECUTABLE}
           $<TARGET_FILE:sgdfp> ${CMAKE_SOURCE_DIR}/tests/integration/restart.yaml ${CMAKE_BINARY_DIR}/tests/run/restart_${name}
           ${ranks} ${signal} ${ARGN})
  set_tests_properties(integration_restart_${name} PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}" PROCESSORS 2)
endfunction()
sgd_add_restart(same_rank 1,1,1 TERM)
add_test(NAME integration_restart_sample COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/restart_sample.py ${MPIEXEC_EXECUTABLE}
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_SOURCE_DIR}/integration/sample.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/restart_sample)
set_tests_properties(integration_restart_sample PROPERTIES LABELS integration TIMEOUT 300 PROCESSORS 2 ENVIRONMENT "${mpi_environment}")
set(few --set petsc={} --set sgd.steps=400 --set output.every=20)
sgd_add_restart(killed 1,1,1 KILL ${few} --set "models=[{model: master, method: splat}, discrete_fokker_planck]")
sgd_add_restart(same_ranks 2,2,2 USR1 ${few} --set "models=[{model: master, method: spread, law: laplace}, langevin]" --set check.error=false)
sgd_add_restart(other_ranks 2,2,3 USR1 ${few} --set "models=[{model: master, method: splat}, discrete_fokker_planck]")
sgd_add_restart(network 2,2,2 USR1 --set petsc={} --set sgd.steps=120000 --set output.every=12000 --set check.error=false --set "models=[network]")
add_test(NAME integration_sample_growing COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/sample_growing.py ${MPIEXEC_EXECUTABLE}
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_SOURCE_DIR}/integration/sample.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/sample_growing)
set_tests_properties(integration_sample_growing PROPERTIES LABELS integration TIMEOUT 240 PROCESSORS 2 ENVIRONMENT "${mpi_environment}")
add_test(NAME integration_restart_refused COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/restart_refused.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/restart_refused)
set_tests_properties(integration_restart_refused PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")
# A slice that follows the mean path, against trajectories of the network.
add_test(NAME integration_co_moving COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/co_moving.py $<TARGET_FILE:sgdfp>
         ${CMAKE_CURRENT_SOURCE_DIR}/integration/co_moving.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/co_moving)
set_tests_properties(integration_co_moving PROPERTIES LABELS integration TIMEOUT 240 ENVIRONMENT "${mpi_environment}")
# The standard errors that the model network states, against those it makes.
add_test(NAME integration_network_errors COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/network_errors.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_SOURCE_DIR}/verification/network.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/network_errors)
set_tests_properties(integration_network_errors PROPERTIES LABELS integration TIMEOUT 240 ENVIRONMENT "${mpi_environment}")
sgd_add_ranks(network tests/verification/network.yaml 0 --set models=[network]) # bit for bit
sgd_add_ranks(co_moving tests/integration/co_moving.yaml 1e-12 --set sgd.steps=60 --set slice.refresh=20)
# What is off the slice spread as an ensemble, and the network's own last step by its exact law.
sgd_add_ranks(complement tests/verification/network_law.yaml 1e-12 --set sgd.steps=8 --set sgd.learning_rate=0.3 --set slice.follow=mean
  --set slice.complement=ensemble --set slice.mean_trajectories=32 --set slice.refresh=3 --set slice.nodes=9
  --set "models=[{model: master, law: gaussian}, {model: network, law: exact}]")

# What -log_view calls the parts of a run.
add_test(NAME integration_log_view COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/log_view.py $<TARGET_FILE:sgdfp>
         ${CMAKE_SOURCE_DIR}/cases/examples/flat_valley.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/log_view)
set_tests_properties(integration_log_view PROPERTIES LABELS integration TIMEOUT 120 ENVIRONMENT "${mpi_environment}")

# Data files of other programs: read right, or refused with the place.
add_test(NAME integration_odd_data COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/odd_data.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/odd_data)
set_tests_properties(integration_odd_data PROPERTIES LABELS integration TIMEOUT 300 SKIP_RETURN_CODE 77 ENVIRONMENT "${mpi_environment}")

# A disk that fills up.
add_test(NAME integration_full_disk COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/full_disk.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/full_disk)
set_tests_properties(integration_full_disk PROPERTIES LABELS integration TIMEOUT 300 SKIP_RETURN_CODE 77 ENVIRONMENT "${mpi_environment}")

# Many runs by one command.
add_test(NAME integration_sweep COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/sweep.py ${MPIEXEC_EXECUTABLE}
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/sweep)
set_tests_properties(integration_sweep PROPERTIES LABELS integration PROCESSORS 2 TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# --quiet, --log-json, a bar on a terminal.
add_test(NAME integration_voice COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/voice.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/voice)
set_tests_properties(integration_voice PROPERTIES LABELS integration TIMEOUT 120 ENVIRONMENT "${mpi_environment}")

# The reference of the case knows every key, and no other.
add_test(NAME integration_help COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/help.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/help)
set_tests_properties(integration_help PROPERTIES LABELS integration TIMEOUT 120 ENVIRONMENT "${mpi_environment}")

# What acts on a run from outside is told.
add_test(NAME integration_environment COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/environment.py $<TARGET_FILE:sgdfp>
         ${CMAKE_SOURCE_DIR}/cases/examples/double_well.yaml ${CMAKE_CURRENT_BINARY_DIR}/run/environment ${launch})
set_tests_properties(integration_environment PROPERTIES LABELS integration PROCESSORS 3 TIMEOUT 120 ENVIRONMENT "${mpi_environment}")

# Limits, option files, folders and names that cannot be right.
add_test(NAME integration_surroundings COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/surroundings.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/surroundings)
set_tests_properties(integration_surroundings PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")

# Training that is stopped goes on.
add_test(NAME integration_training COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/integration/training.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/training)
set_tests_properties(integration_training PROPERTIES LABELS integration TIMEOUT 300 ENVIRONMENT "${mpi_environment}")
