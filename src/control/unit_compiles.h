// Compiles of policy units that run while the start goes on with what needs none of them.
#pragma once
#include <atomic>
#include <cstddef>
#include <future>
#include <stop_token>
#include <thread>
#include <vector>

#include "codegen/renderer.h"
#include "compile/compiler.h"

namespace burin {

/// One unit and what became of it.
struct CompiledUnitOfPolicy {
  Result<RenderedUnit> unit;
  Result<ProgramImage> image;
  CompileStats stats;
};

/// Owns its threads: as many as there are processors, each compile being a process of its own. Used by one thread.
class UnitCompiles {
 public:
  /// Begins at once. `store` (null: no cache) outlives this object.
  UnitCompiles(std::vector<Result<RenderedUnit>> units, const CompilerOptions& options, const ImageStore* store);
  UnitCompiles(const UnitCompiles&) = delete;
  UnitCompiles& operator=(const UnitCompiles&) = delete;
  ~UnitCompiles() = default;  // waits for compiles that run; what has not begun does not begin

  /// Waits for the unit at `index`, once for each.
  CompiledUnitOfPolicy take(std::size_t index) { return results_[index].get(); }

 private:
  void work(const std::stop_token& stop);

  const Compiler compiler_;
  std::vector<Result<RenderedUnit>> units_;
  std::vector<std::promise<CompiledUnitOfPolicy>> promises_;
  std::vector<std::future<CompiledUnitOfPolicy>> results_;
  std::atomic<std::size_t> next_{0};
  std::vector<std::jthread> threads_;  // last: they go first
};

}  // namespace burin
