# burin_embed(OUT SYMBOL DIR): writes OUT in the build folder, defining
#   namespace burin { extern const EmbeddedFile SYMBOL[]; extern const std::size_t SYMBOLCount; }
# with every file below DIR (relative path and bytes), so that the installed binary needs no data files.
function(burin_embed out symbol dir)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/*)
  list(SORT files)
  set(absolute)
  foreach(f ${files})
    list(APPEND absolute ${dir}/${f})
  endforeach()
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${CMAKE_BINARY_DIR}/${out} -DSYMBOL=${symbol} -DDIR=${dir} -P ${CMAKE_SOURCE_DIR}/cmake/embed_run.cmake
    DEPENDS ${absolute} ${CMAKE_SOURCE_DIR}/cmake/embed_run.cmake
    VERBATIM)
  set_property(SOURCE ${CMAKE_BINARY_DIR}/${out} PROPERTY SKIP_LINTING ON)
endfunction()
