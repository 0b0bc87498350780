#include "control/trim_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace burin {

void trim_memory() {
  ::malloc_trim(0);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    // "7f00-7f01 r-xp 00000000 fe:00 123  /usr/lib/..."
    std::uintptr_t begin = 0, end = 0;
    char rights[5] = {};
    unsigned long long inode = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %llu", &begin, &end, rights, &inode) != 4) continue;
    // Read-only data that is not executable may hold relocations (RELRO), which are changes.
    if (std::string(rights) != "r-xp" || inode == 0) continue;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

}  // namespace burin
