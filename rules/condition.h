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
    explicit ConditionCompiler(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
    /// `place`: where the condition stands, for messages.
    ConditionPtr compile(const Value& source, Span place);

  private:
    friend struct ConditionParts;
    std::nullptr_t refuse(Span place, std::string summary, std::string detail = {});
    Diagnostics& diagnostics_;
    int depth_ = 0;
};

}  // namespace plumbline
