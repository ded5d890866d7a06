#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wye::cli {

/// The files of web/report, embedded at build time.
extern const std::string_view kReportPage;
extern const std::vector<std::string_view> kReportStyle;
extern const std::vector<std::string_view> kReportScript;

/// The page around the data: `head` + data blocks + `tail` is a whole HTML document. Its policy lets run and
/// style nothing but the script and the style of its own, named by their hashes, and load nothing at all.
struct PageParts {
  std::string head, tail;
};
[[nodiscard]] PageParts page_parts();

}  // namespace wye::cli
