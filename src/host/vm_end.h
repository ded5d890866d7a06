#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "host/archiver.h"
#include "host/driver.h"
#include "host/vms.h"

namespace wye::host {

/// Ends a session's VM in the promised order: its agent's last word, the end of all its processes, the rest
/// of its spool in the archive, and then `gone` on record, here and nowhere else. Thread-safe.
class VmEnd {
 public:
  VmEnd(OwnerStore& store, Driver& driver, Archiver& archiver, const Vms& vms, const Clock& clock,
        const Log& log, std::string data_dir)
      : store_(store),
        driver_(driver),
        archiver_(archiver),
        vms_(vms),
        clock_(clock),
        log_(log),
        data_dir_(std::move(data_dir)) {}

  /// Does a part of it that takes no thread for long. `destroyed` says whether an earlier part has ended the
  /// VM. After an error it is called again: what is done is not done twice.
  Result<Archiver::Progress> go_on(const std::string& id, bool& destroyed);

 private:
  void take_last_word(const Vms::Vm& vm);

  OwnerStore& store_;
  Driver& driver_;
  Archiver& archiver_;
  const Vms& vms_;
  const Clock& clock_;
  const Log& log_;
  const std::string data_dir_;
};

}  // namespace wye::host
