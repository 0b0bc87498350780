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
  // "7f00-7f01 r-xp 00000000 fe:00 123  /usr/lib/..." and below it, among others, "Anonymous:   0 kB".
  std::ifstream maps("/proc/self/smaps");
  std::uintptr_t begin = 0, end = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0, to = 0, own = 0;
    char rights[5] = {};
    unsigned long long inode = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %llu", &from, &to, rights, &inode) == 4) {
      // Read-only data may hold relocations (RELRO): those are changes, with pages of their own.
      const bool fixed = (std::string(rights) == "r-xp" || std::string(rights) == "r--p") && inode != 0;
      begin = fixed ? from : 0;
      end = fixed ? to : 0;
    } else if (begin != 0 && std::sscanf(line.c_str(), "Anonymous: %lu kB", &own) == 1 && own == 0) {
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
  }
}

}  // namespace burin
