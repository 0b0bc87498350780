#include "codegen/data.h"

#include <algorithm>

#include "codegen/prelude.h"
#include "codegen/selectors.h"

namespace burin {
namespace {

template <class Visit>
void each_with_max_data(const HookPlan& plan, Visit visit) {
  for (const auto& hook : plan.hooks)
    for (const auto* list : {&hook.args, &hook.data})
      for (const auto& arg : *list)
        if (arg.data_field != kNone) visit(arg);
}

}  // namespace

bool has_max_data(const HookPlan& plan) {
  bool any = false;
  each_with_max_data(plan, [&any](const PlannedArg&) { any = true; });
  return any;
}

Result<> add_data(const HookPlan& plan, UnitText& text) {
  Holes holes;
  holes.blocks["data_fields"] = lines_at(data_fields_text(), {}, {});
  holes.blocks["ref_fields"] = lines_at(data_ref_fields_text(), {}, {});
  holes.scalars["chunk_size"] = std::to_string(sizeof(wire::Data));
  holes.scalars["ref_size"] = std::to_string(sizeof(wire::DataRef));
  holes.scalars["chunk"] = std::to_string(kDataChunk);
  holes.scalars["data_max"] = std::to_string(kDataMax);
  holes.scalars["hook"] = std::to_string(kHookData);
  TRY_OK(text.add_template("data.h", holes));
  std::vector<const char*> done;
  each_with_max_data(plan, [&](const PlannedArg& arg) {
    const ArgType* type = find_type(arg.type);
    if (!type || !type->locate_support || std::ranges::find(done, type->locate_support) != done.end()) return;
    done.push_back(type->locate_support);
    for (const auto& line : lines_at(type->locate_support, {}, "argument type " + arg.type)) text.add_line(line);
  });
  return Ok{};
}

std::string data_text(const PlannedHook& hook, const PlannedArg& arg, std::uint16_t which, const CaptureSite& site,
                      std::string_view stamp) {
  const ArgType* type = find_type(arg.type);
  if (arg.data_field == kNone || !type || !type->locate) return {};
  const std::string field = "r->" + hook.record.fields[arg.data_field].name;
  const std::string text = "(struct w_text *)&" + site.dst;
  return "  if ((" + text + ")->flags & BURIN_TEXT_TRUNCATED) {\n    u32 copy = s->copy;\n" +
         "    struct burin_data *d = data.lookup(&copy);\n    if (d) {\n      " + type->locate(site) +
         "      burin_send_data(ctx, d, " + text + ", &" + field + ", copy, target >> 16, " + std::to_string(which) +
         ", " + std::string(stamp) + ", slots);\n    }\n  }\n";
}

}  // namespace burin
