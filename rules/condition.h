#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/judging.h"
#include "scanner/model/diagnostic.h"

namespace plumbline {

/// Compiles conditions (rules/LANGUAGE.md). A fault is reported with its place and gives null.
class ConditionCompiler {
  public:
    /// `checked`: the conditions were compiled before (those of the pack, by the build), so that what takes time to
    /// check need not be checked again.
    explicit ConditionCompiler(Diagnostics& diagnostics, bool checked = false)
        : diagnostics_(diagnostics), checked_(checked) {}
    /// `place`: where the condition stands, for messages.
    ConditionPtr compile(const Value& source, Span place);

  private:
    friend struct ConditionParts;
    std::nullptr_t refuse(Span place, std::string summary, std::string detail = {});
    Diagnostics& diagnostics_;
    bool checked_;
    int depth_ = 0;
};

}  // namespace plumbline
