// Streams a file of this machine to a browser's VM and reads its end. Arguments: a browser's name and a file.
#include <array>
#include <fstream>
#include <iostream>

#include "wye/browser_files.h"
#include "wye/client.h"

namespace {

wye::BodySource pieces_of(std::ifstream& from) {
  return [&from](std::span<char> out) -> wye::Result<std::size_t> {
    from.read(out.data(), static_cast<std::streamsize>(out.size()));
    return static_cast<std::size_t>(from.gcount());
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  // [keep-a-file]
  wye::Client client;
  const auto fs = client.browsers().fs();
  std::ifstream from(argv[2], std::ios::binary);
  fs.write(argv[1], {.path = "/tmp/kept", .body_stream = pieces_of(from)},
           {.timeout = std::chrono::minutes(10)})
      .value();
  const auto info = fs.info(argv[1], "/tmp/kept").value();
  std::cout << info.mode << ' ' << info.size_bytes << '\n';
  auto end =
      fs.read(argv[1], "/tmp/kept", {.first = info.size_bytes > 100 ? info.size_bytes - 100 : 0}).value();
  std::array<char, 65536> piece;
  while (const auto size = end.read(piece).value())
    std::cout.write(piece.data(), static_cast<std::streamsize>(size));
  // [keep-a-file]
}
