# Cases whose expect: blocks hold exact values; the program itself fails when one is missed.
function(sgd_add_case name file)
  cmake_parse_arguments(T "" "" "NP;ARGS" ${ARGN})
  foreach(np ${T_NP})
    sgd_add_test(NAME verification_${name} NP ${np} LABELS verification TIMEOUT 600
                 COMMAND $<TARGET_FILE:sgdfp> run ${file} -o ${CMAKE_CURRENT_BINARY_DIR}/run/${name}_np${np} --overwrite ${T_ARGS})
  endforeach()
endfunction()

sgd_add_case(rough_landscape cases/examples/rough_landscape.yaml NP 1 2)
sgd_add_case(rough_langevin tests/verification/rough_langevin.yaml NP 1)
sgd_add_case(flat_valley cases/examples/flat_valley.yaml NP 2)
sgd_add_case(double_well cases/examples/double_well.yaml NP 1)
sgd_add_case(co_moving tests/verification/co_moving.yaml NP 1 2)
sgd_add_case(schedule cases/examples/schedule.yaml NP 1)
sgd_add_case(heavy_ball cases/examples/heavy_ball.yaml NP 1 2)
sgd_add_case(nesterov cases/examples/optimizers/nesterov.yaml NP 1 2)
sgd_add_case(saddle cases/examples/saddle.yaml NP 2)
sgd_add_case(quadratic_2d tests/verification/quadratic_2d.yaml NP 1)
sgd_add_case(shaped_noise tests/verification/shaped_noise.yaml NP 1)
sgd_add_case(network tests/verification/network.yaml NP 1)
sgd_add_case(network_law tests/verification/network_law.yaml NP 1 3)
sgd_add_case(mass_rounding tests/verification/mass_rounding.yaml NP 1)
foreach(dimension 1d narrow half 2d 3d)
  sgd_add_case(moment_exact_${dimension} tests/verification/moment_exact_${dimension}.yaml NP 1)
endforeach()
sgd_add_case(quadratic_2d_wide tests/verification/quadratic_2d_wide.yaml NP 2)
# The flat axis at four learning rates: Pi_n = Pi_0 + eta^2 D n with Pi_0 = 0.04, D = 0.25, n = 20.
foreach(pair "0.1;0.09" "0.2;0.24" "0.4;0.84" "0.8;3.24")
  list(GET pair 0 eta)
  list(GET pair 1 variance)
  sgd_add_case(flat_slope_${eta} tests/verification/flat_slope.yaml NP 1
    ARGS --set sgd.learning_rate=${eta} --set expect.0.value=${variance} --set expect.1.value=${variance})
endforeach()
sgd_add_case(ladder cases/examples/ladder.yaml NP 1)
sgd_add_test(NAME verification_escape NP 1 LABELS verification TIMEOUT 600
             COMMAND $<TARGET_FILE:sgdfp> stationary cases/examples/escape.yaml -o ${CMAKE_CURRENT_BINARY_DIR}/run/escape --overwrite)
# THEORY.md (77), (78): the slowest rate of the generator at D = 0.05, 0.1, 0.5, and of the chain at eta = 0.1, 0.4 and where it leaks.
function(sgd_add_stationary name file)
  sgd_add_test(NAME verification_${name} NP 1 LABELS verification TIMEOUT 600
    COMMAND $<TARGET_FILE:sgdfp> stationary ${file} -o ${CMAKE_CURRENT_BINARY_DIR}/run/${name} --overwrite ${ARGN})
endfunction()
foreach(triple "0.05;1;2.77614064e-3" "0.1;2;3.35452873e-2" "0.5;10;0.422944645")
  list(GET triple 0 D)
  list(GET triple 1 noise)
  list(GET triple 2 rate)
  sgd_add_stationary(double_well_rates_${D} tests/verification/double_well_rates.yaml --set landscape.noise_covariance=[${noise}]
    --set stationary.expect.0.value=${rate} --set stationary.expect.1.value=${rate})
endforeach()
sgd_add_stationary(epoch_balance cases/examples/laws/epoch.yaml)
set(chain tests/verification/double_well_chain.yaml)
sgd_add_stationary(double_well_chain_0.1 ${chain})
sgd_add_stationary(double_well_chain_0.4 ${chain} --set sgd.learning_rate=0.4 --set landscape.noise_covariance=[0.5]
  --set "stationary.expect=[{model: master, quantity: rate_2, value: 5.79876879e-2, tolerance: 1.0e-8, relative: true}, {model: master, quantity: second_moment_1, value: 0.788601286, tolerance: 5.0e-7}]") # it leaks: 9e-8 a step
sgd_add_stationary(double_well_chain_leak ${chain} --set sgd.learning_rate=0.4 --set landscape.noise_covariance=[1]
  --set "stationary.expect=[{model: master, quantity: leak, value: 6.387655e-5, tolerance: 1.0e-11}]")
# THEORY.md (79): two wells without contact, eigenvalue 1 twice.
sgd_add_stationary(escape_apart cases/examples/escape.yaml --set landscape.noise_covariance=[0.09] --set models=[random_map]
  --set "stationary.expect=[{model: random_map, quantity: degenerate, value: 2, tolerance: 0}]")
# THEORY.md (81): infinite variance with a stationary density; just finite; and finite enough for the box to hold it.
sgd_add_stationary(heavy_tails cases/examples/heavy_tails.yaml)
sgd_add_stationary(heavy_tails_2 cases/examples/heavy_tails.yaml --set landscape.hessian_noise=[2]
  --set "stationary.expect=[{model: master, quantity: closed_variance_1, value: 0.6, tolerance: 1.0e-12}]")
sgd_add_stationary(heavy_tails_1 cases/examples/heavy_tails.yaml --set landscape.hessian_noise=[1]
  --set "stationary.expect=[{model: master, quantity: closed_variance_1, value: 0.15, tolerance: 1.0e-12}, {model: master, quantity: second_moment_1, value: 0.15, tolerance: 2.0e-6}]")
sgd_add_test(NAME verification_four_wells NP 1 2 LABELS verification TIMEOUT 600
             COMMAND $<TARGET_FILE:sgdfp> stationary cases/examples/four_wells.yaml -o ${CMAKE_CURRENT_BINARY_DIR}/run/four_wells --overwrite)
sgd_add_case(equal_eigenvalues tests/verification/equal_eigenvalues.yaml NP 1)
sgd_add_case(levy cases/examples/levy.yaml NP 1)
# One page for each law of the step noise, and the maps without a density.
foreach(law gaussian uniform rademacher exponential gamma laplace compound_poisson poisson alpha_stable tabulated with_replacement
            without_replacement ensemble epoch rough_spread remesh folding batch_law weighted weighted_2d)
  sgd_add_case(law_${law} cases/examples/laws/${law}.yaml NP 1)
endforeach()
sgd_add_case(law_importance cases/examples/laws/weighted.yaml NP 1 ARGS --set weights.use=importance --set expect.0.value=-0.01910982332301
  --set expect.1.value=0.07482674145808 --set expect.2.value=0.1608451172652 --set expect.3.value=2.739311939864)
sgd_add_test(NAME verification_two_cycle NP 1 LABELS verification TIMEOUT 600
             COMMAND $<TARGET_FILE:sgdfp> stationary cases/examples/laws/two_cycle.yaml -o ${CMAKE_CURRENT_BINARY_DIR}/run/two_cycle --overwrite)
sgd_add_case(long_horizon cases/examples/long_horizon.yaml NP 1 2)
# Masses and rates one by one against numpy's dense matrix; all of them by hand (tests/README.md).
add_test(NAME verification_metastable_sets COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh ${CMAKE_CURRENT_SOURCE_DIR}/verification/metastable_sets.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/metastable_sets tilt_0.02 tilt_0.05 tilt_0.1 tilt_0.15 five three_2d langevin_tilt_0.05)
set_tests_properties(verification_metastable_sets PROPERTIES LABELS verification TIMEOUT 600 ENVIRONMENT "${mpi_environment}")
# Long sums of a stationary density must not lose mass step by step.
sgd_add_case(law_gaussian_fine cases/examples/laws/gaussian.yaml NP 1 ARGS --set slice.cells=[3072] --set slice.min=[-14] --set slice.max=[14])

# Densities of other optimizers: exact moments, an exact lattice, trajectories (a quarter of a million; a million by hand).
add_test(NAME verification_optimizers COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh ${CMAKE_CURRENT_SOURCE_DIR}/verification/optimizers.py
         ${MPIEXEC_EXECUTABLE} $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/optimizers 250000)
set_tests_properties(verification_optimizers PROPERTIES LABELS verification PROCESSORS 2 TIMEOUT 600 ENVIRONMENT "${mpi_environment}")
# ALSO: enumerated, and against 30,000 trajectories (a million by hand).
add_test(NAME verification_also COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh ${CMAKE_CURRENT_SOURCE_DIR}/verification/also.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/also 30000)
set_tests_properties(verification_also PROPERTIES LABELS verification TIMEOUT 300 ENVIRONMENT "${mpi_environment}")
# The logarithm of the one-step matrix, the likelihood of paths.
add_test(NAME verification_one_step COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh ${CMAKE_CURRENT_SOURCE_DIR}/verification/one_step.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/one_step)
set_tests_properties(verification_one_step PROPERTIES LABELS verification TIMEOUT 300 ENVIRONMENT "${mpi_environment}")
# Exponent and scale of heavy tails.
add_test(NAME verification_stable_scale COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh ${CMAKE_CURRENT_SOURCE_DIR}/verification/stable_scale.py
         $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/run/stable_scale)
set_tests_properties(verification_stable_scale PROPERTIES LABELS verification TIMEOUT 120 ENVIRONMENT "${mpi_environment}")
# Point starts, drifting flat axes, the raw second moment, frozen drifts, against recursions and integrals.
sgd_add_case(paper_flat_drift cases/examples/paper/exp29_flat_drift.yaml NP 1)
sgd_add_case(paper_modified_langevin cases/examples/paper/exp12_modified_langevin.yaml NP 1 ARGS --set slice.cells=[2240] --set check.error=false)
sgd_add_case(paper_amplified cases/examples/paper/exp08_amplified.yaml NP 1)
sgd_add_case(paper_skewed cases/examples/paper/exp41_skewed.yaml NP 1)
sgd_add_case(negative_momentum cases/examples/heavy_ball.yaml NP 1 ARGS --set sgd.momentum=-0.5
  --set expect.0.value=0.08333333333333333 --set expect.1.value=0.03333333333333333 --set expect.2.value=0.06666666666666667
  --set expect.3.value=0 --set expect.3.tolerance=1.0e-8)
# What the literature claims, with closed forms.
foreach(claim linear_scaling implicit_regularisation)
  sgd_add_case(claim_${claim} cases/examples/claims/${claim}.yaml NP 1)
endforeach()
