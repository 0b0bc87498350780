// Whether to colour what goes to a terminal.
#pragma once

namespace burin {

/// True when `fd` is a terminal, NO_COLOR is unset or empty, and TERM is not "dumb".
bool wants_color(int fd);

}  // namespace burin
