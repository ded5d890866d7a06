// What a VM answers about its files: which part an answer holds, and names that become names on this machine.
#include <filesystem>
#include <string>

#include "cli/files/get_files.h"
#include "invariant.h"
#include "sdk/content_range.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const std::string range(input.line());
  if (const auto read = sdk::read_content_range(range)) {
    WYE_INVARIANT(read->first >= 0 && read->first <= read->last && read->last < read->size);
    const auto written = "bytes " + std::to_string(read->first) + "-" + std::to_string(read->last) + "/" +
                         std::to_string(read->size);
    WYE_INVARIANT(sdk::read_content_range(written) == read);
  }
  const std::string name(input.rest());
  if (cli::is_entry_name(name)) {
    const auto path = std::filesystem::path("/here") / name;
    WYE_INVARIANT(path.lexically_normal().parent_path() == "/here");
    WYE_INVARIANT(std::string(path.c_str()) == "/here/" + name);  // it ends where the name ends
    WYE_INVARIANT(cli::remote_path("/d/", name) == cli::remote_path("/d", name));
  }
  return 0;
}
