# A minute of fuzzing; passed over where there is no clang.
add_test(NAME fuzz COMMAND bash -c "command -v clang >/dev/null || exit 77; exec bash tests/fuzz/run.sh" WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(fuzz PROPERTIES LABELS fuzz TIMEOUT 900 SKIP_RETURN_CODE 77)
