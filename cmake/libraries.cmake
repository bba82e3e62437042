# Finds the libraries, in several ways each, and says what was looked for, where, and how to point to it.
# Hints: PETSC_DIR, PETSC_ARCH, SLEPC_DIR (environment or -D), PKG_CONFIG_PATH, CMAKE_PREFIX_PATH, HDF5_ROOT, FFTW_ROOT.
include(CheckCSourceCompiles)
find_package(PkgConfig)

# sgdfp_missing(what looked hint package): what it was, where it was looked for, how to point to it, where to get it.
function(sgdfp_missing what looked hint package)
  message(FATAL_ERROR "sgdfp needs ${what}.\n  looked for: ${looked}\n  to point to it: ${hint}\n"
    "  Debian: apt-get install ${package}\n  Spack, conda-forge, modules: see INSTALL.md")
endfunction()

# sgdfp_pkg(NAME module...): the first of the pkg-config modules that is there, as PkgConfig::NAME.
function(sgdfp_pkg name)
  set(${name}_FOUND FALSE)
  foreach(module ${ARGN})
    if(PKG_CONFIG_FOUND AND NOT ${name}_FOUND)
      pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    endif()
  endforeach()
  set(${name}_FOUND ${${name}_FOUND} PARENT_SCOPE)
  set(${name}_VERSION ${${name}_VERSION} PARENT_SCOPE)
  set(${name}_PREFIX ${${name}_PREFIX} PARENT_SCOPE)
endfunction()

# sgdfp_hint(VARIABLE): -DVARIABLE, else the environment's.
macro(sgdfp_hint variable)
  if(NOT ${variable} AND DEFINED ENV{${variable}})
    set(${variable} $ENV{${variable}})
  endif()
endmacro()

# PETSc and SLEPc: their own pkg-config files, those of PETSC_DIR/PETSC_ARCH and SLEPC_DIR first.
foreach(hint PETSC_DIR PETSC_ARCH SLEPC_DIR)
  sgdfp_hint(${hint})
endforeach()
foreach(prefix "${SLEPC_DIR}/${PETSC_ARCH}" "${SLEPC_DIR}" "${PETSC_DIR}/${PETSC_ARCH}" "${PETSC_DIR}")
  if(prefix AND EXISTS ${prefix}/lib/pkgconfig)
    set(ENV{PKG_CONFIG_PATH} "$ENV{PKG_CONFIG_PATH}:${prefix}/lib/pkgconfig")
    list(APPEND petsc_paths ${prefix}/lib/pkgconfig)
  endif()
endforeach()
if(petsc_paths) # these come first, whatever else pkg-config knows
  list(JOIN petsc_paths ":" petsc_paths)
  set(ENV{PKG_CONFIG_PATH} "${petsc_paths}:$ENV{PKG_CONFIG_PATH}")
endif()
if(NOT PKG_CONFIG_FOUND)
  sgdfp_missing("pkg-config" "pkg-config" "PKG_CONFIG_EXECUTABLE" "pkg-config")
endif()
sgdfp_pkg(PETSC "petsc>=3.18" "PETSc>=3.18")
if(NOT PETSC_FOUND)
  sgdfp_missing("PETSc 3.18 or newer" "pkg-config modules petsc, PETSc" "PETSC_DIR (and PETSC_ARCH), or PKG_CONFIG_PATH"
    "petsc-dev")
endif()
sgdfp_pkg(SLEPC "slepc>=3.18" "SLEPc>=3.18")
if(NOT SLEPC_FOUND)
  sgdfp_missing("SLEPc 3.18 or newer, of the same release as PETSc ${PETSC_VERSION}" "pkg-config modules slepc, SLEPc"
    "SLEPC_DIR, or PKG_CONFIG_PATH" "slepc-dev")
endif()
string(REGEX MATCH "^[0-9]+\\.[0-9]+" petsc_release "${PETSC_VERSION}")
string(REGEX MATCH "^[0-9]+\\.[0-9]+" slepc_release "${SLEPC_VERSION}")
if(NOT petsc_release STREQUAL slepc_release)
  message(FATAL_ERROR "PETSc ${PETSC_VERSION} and SLEPc ${SLEPC_VERSION} are not of one release: set PETSC_DIR and SLEPC_DIR")
endif()

find_package(MPI COMPONENTS C)
if(NOT MPI_C_FOUND)
  sgdfp_missing("MPI, the one PETSc was built with" "FindMPI" "MPI_C_COMPILER, or CC=mpicc" "libopenmpi-dev openmpi-bin")
endif()
get_target_property(petsc_includes PkgConfig::PETSC INTERFACE_INCLUDE_DIRECTORIES)
set(CMAKE_REQUIRED_INCLUDES ${petsc_includes})
set(CMAKE_REQUIRED_LIBRARIES MPI::MPI_C)
check_c_source_compiles("#include <petscconf.h>
#ifdef PETSC_USE_COMPLEX
#error complex
#endif
int main(void) { return 0; }" SGDFP_PETSC_REAL)
check_c_source_compiles("#include <petscconf.h>
#ifndef PETSC_USE_REAL_DOUBLE
#error precision
#endif
int main(void) { return 0; }" SGDFP_PETSC_DOUBLE)
if(NOT SGDFP_PETSC_REAL OR NOT SGDFP_PETSC_DOUBLE)
  message(FATAL_ERROR "sgdfp needs a PETSc with real scalars in double precision; the one found (${PETSC_VERSION}, "
    "${petsc_includes}) has others, or its headers do not compile with this MPI: set PETSC_DIR and PETSC_ARCH")
endif()

# HDF5, parallel: by pkg-config under its several names, else CMake's own finder (HDF5_ROOT).
sgdfp_pkg(HDF5PC hdf5-openmpi hdf5-mpich hdf5-mpi hdf5)
if(HDF5_ROOT OR DEFINED ENV{HDF5_ROOT} OR NOT HDF5PC_FOUND)
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 COMPONENTS C)
  if(NOT HDF5_FOUND)
    sgdfp_missing("parallel HDF5" "pkg-config modules hdf5-openmpi, hdf5-mpich, hdf5-mpi, hdf5; FindHDF5" "HDF5_ROOT"
      "libhdf5-openmpi-dev")
  endif()
  add_library(sgdfp_hdf5 INTERFACE)
  target_include_directories(sgdfp_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
  target_link_libraries(sgdfp_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
  set(hdf5_target sgdfp_hdf5)
else()
  set(hdf5_target PkgConfig::HDF5PC)
endif()
set(CMAKE_REQUIRED_INCLUDES)
set(CMAKE_REQUIRED_LIBRARIES ${hdf5_target} MPI::MPI_C)
check_c_source_compiles("#include <hdf5.h>
#ifndef H5_HAVE_PARALLEL
#error serial
#endif
int main(void) { return 0; }" SGDFP_HDF5_PARALLEL)
if(NOT SGDFP_HDF5_PARALLEL)
  message(FATAL_ERROR "sgdfp needs an HDF5 built for MPI (H5_HAVE_PARALLEL); the one found is serial: set HDF5_ROOT, or "
    "PKG_CONFIG_PATH, to a parallel one, built with the same MPI as PETSc")
endif()

# FFTW with MPI: many installations have no .pc file for the MPI part.
sgdfp_pkg(FFTW fftw3)
find_library(FFTW_MPI_LIBRARY fftw3_mpi HINTS ${FFTW_ROOT} ENV FFTW_ROOT ${FFTW_PREFIX} PATH_SUFFIXES lib lib64)
find_path(FFTW_MPI_INCLUDE fftw3-mpi.h HINTS ${FFTW_ROOT} ENV FFTW_ROOT ${FFTW_PREFIX} PATH_SUFFIXES include)
if(NOT FFTW_FOUND OR NOT FFTW_MPI_LIBRARY OR NOT FFTW_MPI_INCLUDE)
  sgdfp_missing("FFTW 3 with its MPI part" "pkg-config module fftw3, library fftw3_mpi, header fftw3-mpi.h"
    "PKG_CONFIG_PATH and FFTW_ROOT" "libfftw3-dev libfftw3-mpi-dev")
endif()

foreach(entry "CYAML libcyaml libcyaml-dev" "YAML yaml-0.1 libyaml-dev" "ZLIB zlib zlib1g-dev"
        "MUPARSER muparser libmuparser-dev")
  separate_arguments(part UNIX_COMMAND "${entry}")
  list(GET part 0 name)
  list(GET part 1 module)
  list(GET part 2 package)
  sgdfp_pkg(${name} ${module})
  if(NOT ${name}_FOUND)
    sgdfp_missing(${module} "pkg-config module ${module}" "PKG_CONFIG_PATH" ${package})
  endif()
endforeach()
find_path(RANDOM123_INCLUDE Random123/philox.h)
if(NOT RANDOM123_INCLUDE)
  sgdfp_missing("Random123 (headers only)" "header Random123/philox.h" "CMAKE_PREFIX_PATH" "librandom123-dev")
endif()

# BLAS and LAPACK: the ones PETSc links, so that there is one in the process; they must have the C interface. A plain
# -lblas is a name that distributions let OpenBLAS stand behind: where OpenBLAS is installed it is taken by its own name.
get_filename_component(petsc_root "${petsc_includes}" DIRECTORY)
foreach(root ${PETSC_PREFIX} ${petsc_root} "${PETSC_DIR}/${PETSC_ARCH}" "${PETSC_DIR}")
  if(NOT petsc_blas AND EXISTS ${root}/lib/petsc/conf/petscvariables)
    file(STRINGS ${root}/lib/petsc/conf/petscvariables petsc_blas REGEX "^BLASLAPACK_LIB *=")
    string(REGEX REPLACE "^BLASLAPACK_LIB *= *" "" petsc_blas "${petsc_blas}")
  endif()
endforeach()
sgdfp_pkg(OPENBLAS openblas)
set(BLAS_LINE "" CACHE STRING "Link line of BLAS with cblas.h and LAPACK (default: PETSc's own)")
if(BLAS_LINE)
  separate_arguments(blas_libraries UNIX_COMMAND "${BLAS_LINE}")
elseif(OPENBLAS_FOUND AND (petsc_blas MATCHES "openblas" OR petsc_blas MATCHES "^(-llapack )?-lblas$" OR NOT petsc_blas))
  set(blas_libraries PkgConfig::OPENBLAS)
elseif(petsc_blas)
  separate_arguments(blas_libraries UNIX_COMMAND "${petsc_blas}")
else()
  find_package(BLAS)
  find_package(LAPACK)
  set(blas_libraries ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES})
endif()
set(CMAKE_REQUIRED_LIBRARIES ${blas_libraries} m)
set(CMAKE_REQUIRED_INCLUDES)
check_c_source_compiles("#if __has_include(<cblas.h>)
#include <cblas.h>
#else
#include <mkl_cblas.h>
#endif
extern void dsyev_(void);
int main(void) { dsyev_(); return cblas_ddot(0, 0, 1, 0, 1) != 0; }" SGDFP_BLAS_WORKS)
if(NOT SGDFP_BLAS_WORKS)
  sgdfp_missing("BLAS with its C interface (cblas.h) and LAPACK" "PETSc's own (${petsc_blas}), pkg-config module openblas"
    "-DBLAS_LINE=\"-L... -l...\"" "libopenblas-dev")
endif()
unset(CMAKE_REQUIRED_LIBRARIES)

find_package(Threads REQUIRED)
add_library(sgd_libraries INTERFACE)
target_include_directories(sgd_libraries SYSTEM INTERFACE ${RANDOM123_INCLUDE} ${FFTW_MPI_INCLUDE})
target_link_libraries(sgd_libraries INTERFACE PkgConfig::SLEPC PkgConfig::PETSC ${hdf5_target} ${FFTW_MPI_LIBRARY}
                      PkgConfig::FFTW PkgConfig::CYAML PkgConfig::YAML PkgConfig::MUPARSER ${blas_libraries} PkgConfig::ZLIB MPI::MPI_C Threads::Threads m)
message(STATUS "PETSc ${PETSC_VERSION}, SLEPc ${SLEPC_VERSION}, BLAS ${blas_libraries}, HDF5 ${hdf5_target}")
