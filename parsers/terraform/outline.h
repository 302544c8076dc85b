#pragma once

#include <string_view>
#include <vector>

#include "parsers/terraform/ast.h"
#include "scanner/model/source.h"

namespace plumbline::hcl {

/// What tree-sitter's error-tolerant parser makes of an HCL file: which blocks and attributes stand where. It accepts
/// more than Terraform and works an order of magnitude slower than our reader, so it is asked only about files that
/// this one refuses (where it may find more of their other parts), and in tests as a second opinion.
struct Outline {
    struct Item {
        bool is_block = false;
        /// No fault inside, by tree-sitter's judgement.
        bool clean = false;
        std::string_view name;
        Span name_span;
        std::vector<Label> labels;  ///< of a block
        Span value;                 ///< an attribute's expression
        Span span;
        std::vector<Item> items;  ///< of a block
    };
    std::vector<Item> items;
    std::vector<Comment> comments;
    bool clean = false;
};

/// Texts are views into the source. Items nested deeper than 100 blocks are left out.
Outline outline_of(const Source& source);

}  // namespace plumbline::hcl
