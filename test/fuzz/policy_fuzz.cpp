// libFuzzer's entry: any bytes are a policy or a list of diagnostics, each with a place (./dev fuzz policy).
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "policy/policy_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "PODCIDR") return "10.32.0.0/24 10.32.1.0/24";
    return std::nullopt;
  };
  burin::Diagnostics diagnostics;
  burin::read_policy("fuzz.yaml", text, variable, diagnostics);
  for (const burin::Diagnostic& d : diagnostics.all()) {
    const bool whole_file = d.id == "empty-file" || d.id == "file-too-large";
    if (d.id.empty() || d.message.empty() || (d.span.line == 0 && !whole_file)) std::abort();
  }
  burin::render(diagnostics, text, false);
  return 0;
}
