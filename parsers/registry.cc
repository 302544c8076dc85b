#include <array>

#include "parsers/parser.h"
#include "parsers/terraform/terraform_parser.h"

namespace plumbline {

std::span<const Parser* const> parsers() {
    static const std::array<const Parser*, 1> all = {&terraform_parser()};
    return all;
}

}  // namespace plumbline
