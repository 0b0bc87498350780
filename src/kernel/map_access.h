// Single look-ups and updates of a map by its fd, for whoever seeds or reads maps outside of a load.
#pragma once
#include "base/result.h"

namespace burin {

/// Writes one element. With `only_new` an existing key is left alone and the result is false.
Result<bool> map_put(int map_fd, const void* key, const void* value, bool only_new);
/// Reads one element into `value` (of the map's value size); false when there is none.
Result<bool> map_get(int map_fd, const void* key, void* value);
/// Removes one element; nothing happens when there is none.
void map_remove(int map_fd, const void* key);

}  // namespace burin
