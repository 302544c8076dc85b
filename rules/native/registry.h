#pragma once

#include <span>
#include <string_view>

#include "rules/judging.h"

namespace plumbline {

/// A check that the rule language cannot say, named by `native: NAME`. `with` is what stands beside it in the rule.
struct NativeCheck {
    std::string_view name;
    Answer (*judge)(const Scope& scope, Judging& judging, const Value& with);
};

std::span<const NativeCheck> native_checks();
/// Null when there is none of that name.
const NativeCheck* find_native_check(std::string_view name);

}  // namespace plumbline
