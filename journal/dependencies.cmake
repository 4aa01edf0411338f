# The binary schema as C++ text, so that JSON and the durability classes come from the vocabulary itself.
# flatc also writes a second transition_generated.h beside it, hence a folder of its own.
set(embedded ${PROJECT_BINARY_DIR}/generated/embedded)
file(GLOB journal_schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/journal/schema/*.fbs)
add_custom_command(
    OUTPUT ${embedded}/transition_bfbs_generated.h
    COMMAND flatc --cpp --binary --schema --bfbs-builtins --bfbs-gen-embed -o ${embedded}
            -I ${PROJECT_SOURCE_DIR}/journal/schema ${PROJECT_SOURCE_DIR}/journal/schema/transition.fbs
    DEPENDS ${journal_schemas}
    COMMENT "Embedding the journal's schema" VERBATIM)
target_sources(journal PRIVATE ${embedded}/transition_bfbs_generated.h)
