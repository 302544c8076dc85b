#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/source.h"

namespace plumbline {

/// Breaks printable text at spaces into lines of at most `width` columns (0: one line). A word that is wider than a
/// line is broken anywhere, but a link is kept whole, so that it can be followed.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// One line of code around a fault, safe to print: tabs are spaces, control characters visible, what does not fit is
/// cut away so that the fault stays in view.
struct ExcerptLine {
    std::uint32_t number = 0;  ///< 1-based; 0 stands for lines left out
    std::string before, marked, after;
    std::string text() const { return before + marked + after; }
};

/// The lines of `span` with `context` lines on either side, each at most `width` columns (0: 160). Of a fault over many
/// lines the first ones and the last are shown. Blank lines at the edges are left out. Empty when the span has no
/// place.
std::vector<ExcerptLine> excerpt(const Source& source, Span span, std::uint32_t context, std::size_t width);

/// Fills up with spaces to `width` columns; wider text stays.
std::string padded(std::string_view text, std::size_t width);

}  // namespace plumbline
