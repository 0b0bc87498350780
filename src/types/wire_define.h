// For types whose struct nobody else looks at: the struct in C++ and its C definition, from one list of members.
#pragma once
#include "model/record.h"

#define BURIN_WIRE_CPP(type, name) wire::type name = {};
#define BURIN_WIRE_CPP_ARRAY(type, name, count) wire::type name[count] = {};
#define BURIN_WIRE_CPP_CHARS(type, name, count) char name[count] = {};
#define BURIN_WIRE_C(type, name) "  " #type " " #name ";\n"
#define BURIN_WIRE_C_ARRAY(type, name, count) "  " #type " " #name "[" #count "];\n"
#define BURIN_WIRE_C_STRUCT(tag, size, members) \
  "struct " tag " {\n" members "};\n_Static_assert(sizeof(struct " tag ") == " #size ", \"" tag "\");\n"
