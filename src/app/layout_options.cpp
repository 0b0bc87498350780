#include "app/layout_options.h"

namespace burin {

void declare_layout_options(OptionSet& options) {
  options.values("layout-source", "auto|btf|file|headers|kheaders|discovery|none",
                 "where structure layouts come from (default auto: the first that passes its test)");
  options.values("layout", "FILE", "a layout pack (`burin layout pack`), tried before all other sources");
  options.values("btf", "FILE", "the same with a BTF file or a vmlinux");
}

std::optional<int> read_layout_options(const OptionSet& options, const std::string& command, LayoutOptions& out) {
  const std::string source = options.last("layout-source", "auto");
  if (source != "auto") {
    out.only = parse_layout_source(source);
    if (!out.only)
      return usage_error(
          command,
          "--layout-source takes auto, btf, file, headers, kheaders, discovery or none, not \"" + source + "\"");
  }
  if (options.has("layout") && options.has("btf"))
    return usage_error(command, "--layout and --btf both name the file to take structure layouts from; give one");
  out.file = options.last("layout", options.last("btf", ""));
  if ((options.has("layout") || options.has("btf")) && out.file.empty())
    return usage_error(command, "--layout and --btf take the name of a file");
  if (!out.file.empty() && out.only && *out.only != LayoutSource::File)
    return usage_error(command, "a layout file was named, but --layout-source " + source + " does not look at files");
  return std::nullopt;
}

}  // namespace burin
