#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wye::cli {

/// The files of web/report, embedded at build time.
extern const std::string_view kReportPage;
extern const std::vector<std::string_view> kReportStyle;
extern const std::vector<std::string_view> kReportScript;

/// The page around the data: `head` + data blocks + `tail` is a whole HTML document. Its policy allows only
/// its own script and style, named by their hashes, and loads nothing.
struct PageParts {
  std::string head, tail;
};
[[nodiscard]] PageParts page_parts();

}  // namespace wye::cli
