// Runs a target over its stored corpus, and over small changes of every sample, without libFuzzer: `make
// test` does this with every compiler. Arguments: folders or files.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "invariant.h"

namespace {

namespace fs = std::filesystem;

constexpr int kChangesOfEach = 200;

std::vector<fs::path> files_of(int count, char** arguments) {
  std::vector<fs::path> files;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(arguments[i])) {
      files.emplace_back(arguments[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(arguments[i])) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The current input, kept for the report of a finding.
std::string current;

void show_current(int) {
  std::fprintf(stderr, "with %zu bytes:\n", current.size());
  for (const char c : current)
    std::fprintf(stderr, c >= 0x20 && c < 0x7f && c != '\\' ? "%c" : "\\x%02x",
                 static_cast<unsigned char>(c));
  std::fprintf(stderr, "\n");
}

// Copies into a block of exactly its size, so that AddressSanitizer notices a read beyond it.
void run(const std::string& bytes) {
  current = bytes;
  const std::vector<std::uint8_t> block(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(block.data(), block.size());
}

// The seed is fixed: the changes are the same in every run.
void run_changed(const std::string& bytes, std::mt19937& chance) {
  for (int i = 0; i < kChangesOfEach && !bytes.empty(); ++i) {
    auto changed = bytes;
    const auto at = chance() % changed.size();
    switch (chance() % 4) {
      case 0:
        changed.resize(at);
        break;
      case 1:
        changed[at] = static_cast<char>(chance());
        break;
      case 2:
        changed.insert(at, changed.substr(chance() % changed.size(), 8));
        break;
      default:
        changed.erase(at, 1 + chance() % 4);
    }
    run(changed);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto files = files_of(count, arguments);
  if (files.empty()) {
    std::fprintf(stderr, "no samples: name a corpus folder\n");
    return 2;
  }
  std::signal(SIGABRT, show_current);
  std::mt19937 chance(1);
  run("");
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    run(bytes);
    run_changed(bytes, chance);
  }
  std::printf("%zu samples\n", files.size());
}
