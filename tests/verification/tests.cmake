# Shipped cases whose expectations are exact values: the program itself fails where one is missed.
function(sgd_add_case name command)
  cmake_parse_arguments(T "" "TIMEOUT" "NP;ARGS" ${ARGN})
  sgd_add_test(NAME verification_${name}_${command} NP ${T_NP} TIMEOUT ${T_TIMEOUT} LABELS verification
               COMMAND $<TARGET_FILE:sgdfp> ${command} cases/${name}.yaml -o ${CMAKE_CURRENT_BINARY_DIR}/${name}_${command}
               ${T_ARGS})
endfunction()
sgd_add_case(ladder run NP 1 2 TIMEOUT 60)
sgd_add_case(escape stationary NP 1 TIMEOUT 60)
