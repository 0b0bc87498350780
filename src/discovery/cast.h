// Everybody and everything that discovery arranges before it looks.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "discovery/credentials.h"
#include "discovery/files.h"
#include "discovery/mounts.h"
#include "discovery/namespaces.h"
#include "discovery/sockets.h"
#include "discovery/tasks.h"

namespace burin {

/// A thread with ids, a table of descriptors, a root and a working directory of its own.
struct Person {
  Born born;
  Credentials credentials{};
  FileTable table;
  Whereabouts where;
  bool has_credentials = false, has_table = false, is_placed = false;
  std::unique_ptr<PosedThread> thread;
};

/// Members go in reverse order: children before the threads that forked them.
struct Cast {
  std::vector<NamedFile> named;
  std::vector<OpenMount> mounts;
  std::vector<KnownSocket> sockets;
  Mailbox mailbox;
  UniqueFd program;  ///< this program's file
  std::array<Person, 2> people;
  Born spaced_born, child_born;
  NamespaceInodes spaced_inodes{};
  std::string device;                   ///< name of the loopback device in the thread's network; empty: not renamed
  std::unique_ptr<PosedThread> spaced;  ///< a thread with namespaces of its own
  std::unique_ptr<PosedChild> inner;    ///< its child, the first process of a pid namespace
  std::unique_ptr<PosedChild> child;    ///< a child of the calling thread
};

/// Opens, starts and forks; what cannot be had stays empty. Everything ends with the value. Its descriptors and
/// children belong to the calling thread.
std::unique_ptr<Cast> gather(KernelPeek& peek);

}  // namespace burin
