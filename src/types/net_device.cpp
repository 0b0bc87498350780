// `net_device`: the name of a network interface.
#include "types/builtin.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "burin_text_string(" + site.text + ", " + site.src + " + L_net_device_name, 0);\n";
}

}  // namespace

ArgType net_device_type() {
  ArgType t = string_type();
  t.name = "net_device";
  t.summary = "a struct net_device pointer: the interface's name";
  t.needs_layout = {"net_device.name"};
  t.capture = capture;
  return t;
}

}  // namespace burin
