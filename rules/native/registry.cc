#include "rules/native/registry.h"

#include <array>

#include "rules/native/privilege_escalation.h"

namespace plumbline {

std::span<const NativeCheck> native_checks() {
    static constexpr std::array<NativeCheck, 1> list = {{{"iam-privilege-escalation", judge_privilege_escalation}}};
    return list;
}

const NativeCheck* find_native_check(std::string_view name) {
    for (const NativeCheck& check : native_checks()) {
        if (check.name == name) return &check;
    }
    return nullptr;
}

}  // namespace plumbline
