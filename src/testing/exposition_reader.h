#pragma once

#include <map>
#include <string>
#include <vector>

namespace wye::testing {

/// Reads the Prometheus exposition format 0.0.4 as strictly as its specification allows: each family in one
/// piece, HELP and TYPE once and first; valid names and escapes; no series twice; counters named `_total` and
/// not negative; a line feed at the end.
class ExpositionReader {
 public:
  explicit ExpositionReader(const std::string& text);

  /// The faults, one entry each; empty when the text is valid.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  /// The value of a series, written as in the exposition (`name{label="value"}`); -1 when there is none.
  [[nodiscard]] double value(const std::string& series) const;
  /// The sum over all series of the family.
  [[nodiscard]] double sum(const std::string& family) const;
  [[nodiscard]] const std::map<std::string, double>& series() const { return series_; }

 private:
  void read_comment(const std::string& line);
  void read_sample(const std::string& line);
  void read_labels(std::string rest, const std::string& line);
  void fault(const std::string& what, const std::string& line);

  std::vector<std::string> faults_;
  std::map<std::string, double> series_;
  std::map<std::string, std::string> types_;
  std::map<std::string, bool> helps_;
  std::string family_;
};

}  // namespace wye::testing
