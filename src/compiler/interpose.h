// libbcc's calls into the kernel, replaced. libbcc is not linked -Bsymbolic, so definitions of the same name in this
// executable win: creating a map becomes noting it down, loading a program becomes keeping its instructions and debug
// records, and the compile needs no privilege at all.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/program.h"

namespace burin {

/// What BCC believes to have done in the kernel, in order.
struct Recording {
  std::vector<MapDef> maps;
  std::vector<std::byte> btf;
  std::vector<ProgramDef> programs;
  std::string trouble;  ///< why something could not be recorded; empty = all is well
};

/// The one recording of this process: C functions have nowhere else to put it.
Recording& recording();

}  // namespace burin
