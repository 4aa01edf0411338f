# The peer that it is measured against is not otherwise needed: without libspeexdsp-dev the bench shows our own figures only.
pkg_check_modules(speexdsp QUIET IMPORTED_TARGET speexdsp)
set(libraries media_sound)
if(TARGET PkgConfig::speexdsp)
    list(APPEND libraries PkgConfig::speexdsp)
    set_source_files_properties(${bench} PROPERTIES COMPILE_DEFINITIONS PARTYLINE_SPEEX=1)
endif()
