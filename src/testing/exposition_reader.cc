#include "testing/exposition_reader.h"

#include <charconv>
#include <cmath>
#include <regex>
#include <set>

namespace wye::testing {

namespace {

const std::regex kName("[a-zA-Z_:][a-zA-Z0-9_:]*");
const std::regex kLabel(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)")re");

bool read_number(const std::string& text, double& out) {
  if (text == "+Inf" || text == "-Inf" || text == "NaN") {
    out = text == "NaN" ? NAN : text == "+Inf" ? INFINITY : -INFINITY;
    return true;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

ExpositionReader::ExpositionReader(const std::string& text) {
  if (text.empty() || text.back() != '\n') fault("it does not end with a line feed", "");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) continue;
    if (line[0] == '#')
      read_comment(line);
    else
      read_sample(line);
  }
}

void ExpositionReader::fault(const std::string& what, const std::string& line) {
  faults_.push_back(what + ": " + line);
}

void ExpositionReader::read_comment(const std::string& line) {
  std::smatch found;
  if (std::regex_match(line, found, std::regex("# HELP ([^ ]+) (.+)"))) {
    if (!std::regex_match(found[1].str(), kName)) fault("no name", line);
    if (std::regex_search(found[2].str(), std::regex(R"(\\[^\\n]|\\$)"))) fault("a bad escape", line);
    if (!helps_.emplace(found[1], true).second) fault("a second HELP", line);
    family_ = found[1];
  } else if (std::regex_match(line, found, std::regex("# TYPE ([^ ]+) (counter|gauge)"))) {
    if (found[1] != family_) fault("a TYPE away from its HELP", line);
    if (!types_.emplace(found[1], found[2]).second) fault("a second TYPE", line);
    if (found[2] == "counter" && !family_.ends_with("_total")) fault("a counter is named _total", line);
    if (found[2] == "gauge" && family_.ends_with("_total")) fault("a gauge is not named _total", line);
  } else {
    fault("neither HELP nor TYPE", line);
  }
}

void ExpositionReader::read_sample(const std::string& line) {
  const auto space = line.rfind(' ');
  const auto series = line.substr(0, space);
  const auto brace = series.find('{');
  const auto name = series.substr(0, brace);
  double value = 0;
  if (space == std::string::npos || !std::regex_match(name, kName)) return fault("no sample", line);
  if (!read_number(line.substr(space + 1), value)) fault("no number", line);
  if (name != family_ || types_.count(name) == 0) fault("a sample outside of its family", line);
  if (types_[name] == "counter" && !(value >= 0)) fault("a counter below zero", line);
  if (brace != std::string::npos) {
    if (series.back() != '}') return fault("labels without an end", line);
    read_labels(series.substr(brace + 1, series.size() - brace - 2), line);
  }
  if (!series_.emplace(series, value).second) fault("a series twice", line);
}

void ExpositionReader::read_labels(std::string rest, const std::string& line) {
  for (std::set<std::string> labels;;) {
    std::smatch found;
    if (!std::regex_search(rest, found, kLabel, std::regex_constants::match_continuous))
      return fault("no label", line);
    if (!labels.insert(found[1]).second) fault("a label twice", line);
    if (found[1].str().starts_with("__")) fault("a reserved label", line);
    rest = std::string(found.suffix());
    if (rest.empty()) return;
    if (rest[0] != ',') return fault("labels without a comma", line);
    rest.erase(0, 1);
  }
}

double ExpositionReader::value(const std::string& series) const {
  const auto found = series_.find(series);
  return found == series_.end() ? -1 : found->second;
}

double ExpositionReader::sum(const std::string& family) const {
  double sum = 0;
  for (const auto& [series, value] : series_)
    if (series == family || series.starts_with(family + "{")) sum += value;
  return sum;
}

}  // namespace wye::testing
