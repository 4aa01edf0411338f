# openapi.json as C++ text, so that the server needs no file beside it.
set(openapi ${PROJECT_SOURCE_DIR}/edges/web/openapi.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${openapi})
file(READ ${openapi} openapi_text)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/edges/web/openapi.cpp @ONLY CONTENT
"#include \"edges/web/openapi.hpp\"

namespace web {

std::string_view openapi_json() noexcept {
    return R\"openapi(@openapi_text@)openapi\";
}

}  // namespace web
")
target_sources(edges_web PRIVATE ${PROJECT_BINARY_DIR}/generated/edges/web/openapi.cpp)
