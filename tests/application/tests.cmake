# density.xmf: written by the unit test's run, read by ParaView's reader (skipped where there is none).
set(xdmf_folder ${CMAKE_CURRENT_BINARY_DIR}/xdmf)
add_test(NAME application_xdmf_write COMMAND ${launch} 2 $<TARGET_FILE:test_output>)
add_test(NAME application_xdmf_read COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/check_xdmf.py
         ${xdmf_folder}/deep/1d ${xdmf_folder}/deep/2d ${xdmf_folder}/deep/3d)
set_tests_properties(application_xdmf_write PROPERTIES FIXTURES_SETUP xdmf ENVIRONMENT
  "SGDFP_TEST_FOLDER=${xdmf_folder};${mpi_environment}")
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
  "${mpi_environment}")

# The loss-landscape convention: read, and refused as a landscape with the reason.
add_test(NAME application_loss_landscape COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_loss_landscape.py $<TARGET_FILE:sgdfp>
         ${CMAKE_CURRENT_BINARY_DIR}/loss_landscape)
set_tests_properties(application_loss_landscape PROPERTIES LABELS application TIMEOUT 60 ENVIRONMENT
  "${mpi_environment}")

# The installation: moved, used from an empty folder, and linked by a program that knows only sgdfp.pc.
add_test(NAME application_library COMMAND ${CMAKE_SOURCE_DIR}/tests/application/library/check.sh ${CMAKE_COMMAND}
         ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/tests/application/library ${MPI_C_COMPILER} ${MPIEXEC_EXECUTABLE})
set_tests_properties(application_library PROPERTIES LABELS application TIMEOUT 300 PROCESSORS 2 ENVIRONMENT
  "${mpi_environment};PKG_CONFIG_PATH=$ENV{PKG_CONFIG_PATH}")

# What the exporter gets right or refuses in one line (skipped where there is no torch).
add_test(NAME application_torch_refusals COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_torch_refusals.py ${CMAKE_CURRENT_BINARY_DIR}/torch_refusals)
set_tests_properties(application_torch_refusals PROPERTIES LABELS application TIMEOUT 300 SKIP_RETURN_CODE 77 ENVIRONMENT
  "${mpi_environment}")

# The Python package: arrays, landscapes, installation by pip.
add_test(NAME application_package COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_package.py)
set_tests_properties(application_package PROPERTIES LABELS application TIMEOUT 120)

# The commands of the pages, and the notebook. All of them, in a minute or two: without --quick.
add_test(NAME application_pages COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_pages.py $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/pages --quick)
set_tests_properties(application_pages PROPERTIES LABELS application TIMEOUT 900 ENVIRONMENT
  "${mpi_environment}")

# Figures and fits of a sweep.
add_test(NAME application_sweep_figures COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_sweep.py)
set_tests_properties(application_sweep_figures PROPERTIES LABELS application TIMEOUT 120)

# A landscape from arrays against the same one as a formula.
add_test(NAME application_tabulated COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/tests/application/test_tabulated.py $<TARGET_FILE:sgdfp> ${CMAKE_CURRENT_BINARY_DIR}/tabulated)
set_tests_properties(application_tabulated PROPERTIES LABELS application TIMEOUT 120 ENVIRONMENT
  "${mpi_environment}")

# Images and pictures for ParaView, without a display.
add_test(NAME application_paraview COMMAND ${CMAKE_SOURCE_DIR}/postprocess/python.sh
         ${CMAKE_SOURCE_DIR}/postprocess/test_paraview.py)
set_tests_properties(application_paraview PROPERTIES LABELS application TIMEOUT 600)

# The templates as CONTRIBUTING.md says to use them, but in the build folder: each copied under the name `mine`, one line added
# to a copy of its list. The program with them runs a case of each against closed forms.
set(mine ${CMAKE_CURRENT_BINARY_DIR}/templates)
set(mine_sources ${CMAKE_SOURCE_DIR}/solver/main.c)
# sgd_copy_template(template.c list.def line register.c): register.c reads the list.
function(sgd_copy_template template list line register)
  string(REPLACE _template _mine copy ${template})
  add_custom_command(OUTPUT ${mine}/${copy} ${mine}/${list}
    COMMAND ${CMAKE_SOURCE_DIR}/tests/application/templates/take.sh ${mine} ${template} ${list} ${line}
    DEPENDS ${CMAKE_SOURCE_DIR}/${template} ${CMAKE_SOURCE_DIR}/${list} ${CMAKE_SOURCE_DIR}/tests/application/templates/take.sh
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
  set(mine_sources ${mine_sources} ${mine}/${copy} ${mine}/${list} ${CMAKE_SOURCE_DIR}/${register} PARENT_SCOPE)
endfunction()
sgd_copy_template(cases/landscapes/families/landscape_template.c cases/landscapes/families.def "SGD_FAMILY(SgdLandscapeMine)"
                  cases/landscapes/landscape.c)
sgd_copy_template(operators/models/model_template.c operators/models/models.def "SGD_MODEL(SgdModelMine)" operators/models/model.c)
sgd_copy_template(cases/noise/laws/law_template.c cases/noise/step_laws.def "SGD_LAW(SgdLawMine)" cases/noise/step_law.c)
add_executable(sgdfp_templates ${mine_sources})
set_target_properties(sgdfp_templates PROPERTIES C_STANDARD 17 C_STANDARD_REQUIRED ON C_EXTENSIONS ON)
target_include_directories(sgdfp_templates BEFORE PRIVATE ${mine})
target_link_libraries(sgdfp_templates PRIVATE sgd)
foreach(kind landscape model law)
  sgd_add_test(NAME application_template_${kind} NP 2 TIMEOUT 120 LABELS application
               COMMAND $<TARGET_FILE:sgdfp_templates> run tests/application/templates/${kind}.yaml
               -o ${mine}/out/${kind} --overwrite)
endforeach()

# How the paper's rows vote.
add_test(NAME application_paper_rule COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/application/test_paper_rule.py)
set_tests_properties(application_paper_rule PROPERTIES LABELS application)
