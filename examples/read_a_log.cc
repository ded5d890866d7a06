// Prints a log of a browser's VM as far as it goes. Arguments: a browser's name and the path of a file.
#include <iostream>

#include "wye/browser_logs.h"
#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  // [read-a-log]
  wye::Client client;
  auto log = client.browsers().logs().stream(
      argv[1], {.source = wye::LogSource::path, .name = argv[2], .follow = false});
  if (!log) {
    std::cerr << log.error().message << '\n';
    return 1;
  }
  for (const auto& line : *log) std::cout << line.value().message << '\n';
  // [read-a-log]
}
