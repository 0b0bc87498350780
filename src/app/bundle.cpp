// `burin bundle`: policies compiled for one host, in a file that runs there without a compiler.
#include "bundle/bundle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/layout_options.h"
#include "app/options.h"
#include "app/output_file.h"
#include "app/policy_mode.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "control/bundling.h"
#include "control/host_study.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  options.values("output,o", "FILE", "where the bundle goes (required)");
  options.values("for", "HOST.layout",
                 "the host it is for, as `burin layout pack` wrote it there (default: this host; takes root)");
  declare_variables(options);
  declare_policy_mode(options);
  declare_layout_options(options);
  options.values("cache-dir", "DIR", "where compiled programs are kept (default /var/cache/burin); \"\" for nowhere");
}

Result<HostProfile> read_profile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::NotFound, "cannot read " + file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return decode_profile(text, file);
}

Result<> bundle(const OptionSet& options, const LayoutOptions& layout, std::optional<PolicyMode> mode,
                std::vector<PolicyFile>& files) {
  const bool color = wants_color(STDERR_FILENO);
  const std::string cache = options.last("cache-dir", "/var/cache/burin");
  std::string rendered;
  auto profile = [&]() -> Result<HostProfile> {
    if (options.has("for")) return read_profile(options.last("for", ""));
    StudyOptions study{layout, {}, cache};
    std::vector<LayoutAttempt> attempts;
    return study_host(files, study, attempts, rendered, color);
  }();
  if (!profile) {
    fmt::print(stderr, "{}", rendered);
    return tl::unexpected(std::move(profile).error());
  }
  rendered.clear();  // planned once more, for what was learnt
  std::optional<ImageStore> store;
  if (!cache.empty())
    if (auto opened = ImageStore::open(cache)) store.emplace(std::move(*opened));
  fmt::print(stderr, "compiling {} polic{} for kernel {}\n", files.size(), files.size() == 1 ? "y" : "ies",
             profile->host.release);
  auto made = make_bundle(files, *profile, {}, store ? &*store : nullptr, rendered, color);
  fmt::print(stderr, "{}", rendered);
  if (!made) return tl::unexpected(std::move(made).error());
  for (const auto& note : made->notes) fmt::print(stderr, "note: {}\n", note);
  made->bundle.mode = mode;
  const std::string bytes = encode_bundle(made->bundle);
  const std::string file = options.last("output", "");
  // What a host would refuse is not written: the limits of its reader are those of this one.
  if (auto readable = decode_bundle(bytes, file); !readable) return tl::unexpected(std::move(readable).error());
  TRY_OK(write_output(file, bytes));
  fmt::print(stderr, "{}: {} program units, {} bytes; on that host: burin run --require-image {}\n", file,
             made->bundle.images->units().size(), bytes.size(), file);
  return Ok{};
}

}  // namespace

std::vector<std::string> run_bundle_options() {
  OptionSet options(*find_command("bundle"));
  declare(options);
  return options.names();
}

int run_bundle(const Arguments& arguments) {
  OptionSet options(*find_command("bundle"));
  declare(options);
  options.positional("FILE|DIR");
  if (auto code = options.parse(arguments)) return *code;
  if (options.positionals().empty()) return usage_error("bundle", "no policy; name files or directories");
  if (options.last("output", "").empty()) return usage_error("bundle", "say where the bundle goes: -o FILE");
  LayoutOptions layout;
  if (auto code = read_layout_options(options, "bundle", layout)) return *code;
  if (options.has("for") && (layout.only || !layout.file.empty()))
    return usage_error("bundle",
                       "--for brings the layouts of that host: --layout-source, --layout and --btf are for this one");
  Variables variables;
  if (auto code = read_variables(options, "bundle", variables)) return *code;
  std::optional<PolicyMode> mode;
  if (auto code = read_policy_mode(options, "bundle", mode)) return *code;
  auto files = read_policy_files(options.positionals(), variables);
  if (!files) return report(files.error());
  set_mode(*files, mode);
  std::string rendered;
  const bool usable = render_mistakes(*files, wants_color(STDERR_FILENO), rendered);
  fmt::print(stderr, "{}", rendered);
  if (!usable) return kExitPolicy;
  if (auto done = bundle(options, layout, mode, *files); !done) return report(done.error());
  return kExitOk;
}

}  // namespace burin
