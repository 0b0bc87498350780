#include "control/unit_compiles.h"

#include <algorithm>
#include <utility>

namespace burin {

UnitCompiles::UnitCompiles(std::vector<Result<RenderedUnit>> units, const CompilerOptions& options,
                           const ImageStore* store)
    : compiler_(options, store), units_(std::move(units)), promises_(units_.size()) {
  for (auto& promise : promises_) results_.push_back(promise.get_future());
  const std::size_t threads = std::min<std::size_t>(units_.size(), std::max(std::thread::hardware_concurrency(), 1U));
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

void UnitCompiles::work(const std::stop_token& stop) {
  for (std::size_t i = next_++; i < units_.size() && !stop.stop_requested(); i = next_++) {
    CompiledUnitOfPolicy done{std::move(units_[i]), fail(ErrorCode::Internal, "there is no unit to compile"), {}};
    if (done.unit) done.image = compiler_.compile(done.unit->source, &done.stats);
    promises_[i].set_value(std::move(done));
  }
}

}  // namespace burin
