# density.xmf: written by the unit test's run, read by ParaView's reader (skipped where there is none).
set(xdmf_folder ${CMAKE_CURRENT_BINARY_DIR}/xdmf)
add_test(NAME application_xdmf_write COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe -n 2 $<TARGET_FILE:test_output>)
add_test(NAME application_xdmf_read COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/check_xdmf.py
         ${xdmf_folder}/deep/1d ${xdmf_folder}/deep/2d ${xdmf_folder}/deep/3d)
set_tests_properties(application_xdmf_write PROPERTIES FIXTURES_SETUP xdmf ENVIRONMENT
  "SGDFP_TEST_FOLDER=${xdmf_folder};OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=1")
set_tests_properties(application_xdmf_read PROPERTIES FIXTURES_REQUIRED xdmf SKIP_RETURN_CODE 77)
set_tests_properties(application_xdmf_write application_xdmf_read PROPERTIES LABELS application TIMEOUT 60)

# Figures and report from made-up run folders.
add_test(NAME application_postprocess COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_postprocess.py)
set_tests_properties(application_postprocess PROPERTIES LABELS application TIMEOUT 300)

# A PyTorch network against the C network with the same weights and data (skipped where there is no torch).
add_test(NAME application_torch COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_torch.py $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/torch)
set_tests_properties(application_torch PROPERTIES LABELS application TIMEOUT 300 SKIP_RETURN_CODE 77 ENVIRONMENT
  "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")

# The loss-landscape convention: read, and refused as a landscape with the reason.
add_test(NAME application_loss_landscape COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_loss_landscape.py $<TARGET_FILE:sgdfp>
         ${CMAKE_CURRENT_BINARY_DIR}/loss_landscape)
set_tests_properties(application_loss_landscape PROPERTIES LABELS application TIMEOUT 60 ENVIRONMENT
  "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=1")

# The installation: moved, used from an empty folder, and linked by a program that knows only sgdfp.pc.
add_test(NAME application_library COMMAND ${CMAKE_SOURCE_DIR}/tests/application/library/check.sh ${CMAKE_COMMAND}
         ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/tests/application/library ${MPI_C_COMPILER} ${MPIEXEC_EXECUTABLE})
set_tests_properties(application_library PROPERTIES LABELS application TIMEOUT 300 PROCESSORS 2 ENVIRONMENT
  "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1;PKG_CONFIG_PATH=$ENV{PKG_CONFIG_PATH}")

# What the exporter gets right or refuses in one line (skipped where there is no torch).
add_test(NAME application_torch_refusals COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_torch_refusals.py ${CMAKE_CURRENT_BINARY_DIR}/torch_refusals)
set_tests_properties(application_torch_refusals PROPERTIES LABELS application TIMEOUT 300 SKIP_RETURN_CODE 77 ENVIRONMENT
  "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")

# The Python package: arrays, landscapes, installation by pip.
add_test(NAME application_package COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_package.py)
set_tests_properties(application_package PROPERTIES LABELS application TIMEOUT 120)

# Figures and fits of a sweep.
add_test(NAME application_sweep_figures COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_sweep.py)
set_tests_properties(application_sweep_figures PROPERTIES LABELS application TIMEOUT 120)

# A landscape from arrays against the same one as a formula.
add_test(NAME application_tabulated COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_tabulated.py $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/tabulated)
set_tests_properties(application_tabulated PROPERTIES LABELS application TIMEOUT 120 ENVIRONMENT
  "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")

# Images and pictures for ParaView, without a display.
add_test(NAME application_paraview COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_paraview.py)
set_tests_properties(application_paraview PROPERTIES LABELS application TIMEOUT 600)
