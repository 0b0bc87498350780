// Images that came with a policy (a bundle): found by what they were compiled from, whoever compiled them.
#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "model/program.h"

namespace burin {

/// A program unit and what it was compiled to.
struct CompiledUnit {
  ProgramSource source;
  ProgramImage image;
};

/// Immutable after it was filled; then safe for all threads.
class ImageSet {
 public:
  /// Takes the unit; only before the set is shared.
  void add(CompiledUnit unit) { units_.push_back(std::move(unit)); }
  /// In the order in which they were added.
  const std::vector<CompiledUnit>& units() const { return units_; }

  /// The image of exactly this text, these macros and programs; null when there is none. Owned by the set.
  const ProgramImage* find(const ProgramSource& source) const;
  /// In what `source` differs from the set's unit of the same name, for messages: the first macro, program or line.
  /// Says that there is no such unit where there is none.
  std::string difference(const ProgramSource& source) const;

 private:
  std::vector<CompiledUnit> units_;
};

}  // namespace burin
