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

/// What goes into one program. Every case is a C expression over `r->a0`, `r->a1`... (members of the types `c_types`)
/// and `kOracleText`; its int value is the answer.
struct OracleCase {
  OracleCase(std::string c_type, std::string e) : c_types{std::move(c_type)}, expression(std::move(e)) {}
  OracleCase(std::vector<std::string> types, std::string e) : c_types(std::move(types)), expression(std::move(e)) {}
  std::vector<std::string> c_types;
  std::string expression;
};

/// Pointer to the input's struct burin_text.
inline constexpr const char* kOracleText = "(&s->t[0])";

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

/// A text as the slot holds it, with what lies around it; random bytes behind it, as a longer text before would leave.
struct OracleText {
  std::string bytes;
  bool read = true;
};

class OracleProgram {
 public:
  /// Compiles and loads; REQUIREs that it works.
  explicit OracleProgram(const OracleSource& source);
  /// Loads what was compiled from oracle_text().
  OracleProgram(const burin::ProgramImage& image, const std::vector<burin::MapInit>& inits);
  /// The value of case `index` for the record `bytes` (at most kRecordMax).
  int run(std::size_t index, std::span<const std::byte> bytes);
  /// The same with a text in the slot.
  int run(std::size_t index, std::span<const std::byte> bytes, const OracleText& text);
  /// Nanoseconds of one run with the input of the last one, the program's own frame included.
  double nanoseconds(std::uint32_t repeat);

 private:
  int answer();

  std::unique_ptr<burin::LoadedProgram> loaded_;
  int fd_ = -1, input_fd_ = -1;
  std::vector<std::byte> packet_, input_;
};

/// The program's C text (also used to count instructions).
burin::ProgramSource oracle_text(const OracleSource& source);
/// Compiles with the burin-compile of this build; REQUIREs success.
burin::ProgramImage compile(const burin::ProgramSource& source);
/// True when this process may load programs; else the test is skipped with the reason.
bool can_load();

}  // namespace burin_test
