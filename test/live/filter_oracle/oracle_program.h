// One kernel program that answers "does this filter hold for these bytes?" for several filters: generated text goes
// through burin-compile, the loader and the verifier exactly as in the daemon, and BPF_PROG_TEST_RUN feeds it records.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/loaded_program.h"
#include "model/program.h"

namespace burin_test {

/// What goes into one program. Every case is a C expression over `r->a0` (a record of type `c_type`); its int value is
/// the answer.
struct OracleCase {
  std::string c_type;
  std::string expression;
};

struct OracleSource {
  std::string maps, functions;
  std::vector<burin::MapInit> inits;
  std::vector<OracleCase> cases;

  /// Adds the output of emit() or emit_numbers().
  template <class Code>
  void add(Code code) {
    maps += code.maps;
    functions += code.functions;
    for (auto& init : code.inits) inits.push_back(std::move(init));
  }
};

/// Bytes of the largest record that a case may look at.
inline constexpr std::size_t kRecordMax = 64;

class OracleProgram {
 public:
  /// Compiles and loads; REQUIREs that it works.
  explicit OracleProgram(const OracleSource& source);
  /// The value of case `index` for the record `bytes` (at most kRecordMax).
  int run(std::size_t index, std::span<const std::byte> bytes);

 private:
  std::unique_ptr<burin::LoadedProgram> loaded_;
  int fd_ = -1;
  std::vector<std::byte> packet_;
};

/// The program's C text (also used to count instructions).
burin::ProgramSource oracle_text(const OracleSource& source);
/// Compiles with the burin-compile of this build; REQUIREs success.
burin::ProgramImage compile(const burin::ProgramSource& source);
/// True when this process may load programs; else the test is skipped with the reason.
bool can_load();

}  // namespace burin_test
