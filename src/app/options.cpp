#include "app/options.h"

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <sstream>

#include "app/exit_codes.h"
#include "diag/diagnostic.h"

namespace po = boost::program_options;

namespace burin {

struct OptionSet::Impl {
  explicit Impl(const Command& c) : command(c), visible("options") {}
  const Command& command;
  po::options_description visible;
  po::options_description hidden;
  std::string placeholder;
  po::variables_map given;
  std::vector<std::string> names;
};

OptionSet::OptionSet(const Command& command) : impl_(std::make_unique<Impl>(command)) {
  flag("help,h", "show this help");
}
OptionSet::~OptionSet() = default;

namespace {
std::string long_name(const char* name) {
  return std::string("--") + std::string(name).substr(0, std::string_view(name).find(','));
}
}  // namespace

void OptionSet::flag(const char* name, const char* help) {
  impl_->visible.add_options()(name, help);
  impl_->names.push_back(long_name(name));
}

void OptionSet::values(const char* name, const char* placeholder, const char* help) {
  impl_->visible.add_options()(name, po::value<std::vector<std::string>>()->value_name(placeholder)->composing(), help);
  impl_->names.push_back(long_name(name));
}

void OptionSet::toggle(const char* name, const char* help) {
  const std::vector<std::string> on{"true"};
  impl_->visible.add_options()(
      name, po::value<std::vector<std::string>>()->value_name("true|false")->composing()->implicit_value(on, "true"),
      help);
  impl_->names.push_back(long_name(name));
}

void OptionSet::positional(const char* placeholder) {
  impl_->placeholder = placeholder;
  impl_->hidden.add_options()("positional", po::value<std::vector<std::string>>());
}

std::optional<int> OptionSet::parse(const Arguments& arguments) {
  Impl& d = *impl_;
  try {
    po::options_description every;
    every.add(d.visible).add(d.hidden);
    po::positional_options_description where;
    if (!d.placeholder.empty()) where.add("positional", -1);
    po::store(po::command_line_parser(arguments).options(every).positional(where).run(), d.given);
    po::notify(d.given);
  } catch (const po::unknown_option& e) {
    const std::string near = nearest(e.get_option_name(), d.names);
    return usage_error(d.command.name,
                       "unknown option " + e.get_option_name() + (near.empty() ? "" : ", did you mean " + near + "?"));
  } catch (const po::too_many_positional_options_error&) {
    return usage_error(d.command.name, "it takes no argument without an option");
  } catch (const std::exception& e) {
    return usage_error(d.command.name, e.what());
  }
  if (!d.given.count("help")) return std::nullopt;
  std::ostringstream text;
  text << d.visible;
  fmt::print("{}\n\nusage: burin {} {}\n\n{}", d.command.summary, d.command.name, d.command.synopsis, text.str());
  return kExitOk;
}

bool OptionSet::has(const std::string& name) const {
  return impl_->given.count(name) != 0;
}

std::optional<bool> OptionSet::is_on(const std::string& name, bool otherwise) const {
  const std::string text = last(name, otherwise ? "true" : "false");
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::vector<std::string> OptionSet::all(const std::string& name) const {
  if (!has(name)) return {};
  return impl_->given[name].as<std::vector<std::string>>();
}

std::string OptionSet::last(const std::string& name, const std::string& otherwise) const {
  const auto values = all(name);
  return values.empty() ? otherwise : values.back();
}

std::vector<std::string> OptionSet::positionals() const {
  return all("positional");
}
std::vector<std::string> OptionSet::names() const {
  return impl_->names;
}

int usage_error(std::string_view command, std::string_view text) {
  fmt::print(stderr, "burin {}: {} (see burin {} --help)\n", command, text, command);
  return kExitUsage;
}

std::vector<std::string> split_commas(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const auto& value : values) {
    std::size_t begin = 0;
    while (true) {
      const std::size_t end = value.find(',', begin);
      out.push_back(value.substr(begin, end == std::string::npos ? end : end - begin));
      if (end == std::string::npos) break;
      begin = end + 1;
    }
  }
  return out;
}

}  // namespace burin
