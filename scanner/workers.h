#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace plumbline {

/// Calls `work(i)` for 0 <= i < count on up to `jobs` threads, in about that order. `work` writes only to what belongs
/// to `i`, so that results do not depend on the number of threads. Returns when all are done; `work` must not throw.
template <class Work>
void in_parallel(std::size_t count, std::size_t jobs, Work&& work) {
    jobs = std::min(jobs, count);
    if (jobs <= 1) {
        for (std::size_t i = 0; i < count; ++i) work(i);
        return;
    }
    std::atomic<std::size_t> next{0};
    const auto loop = [&] {
        for (std::size_t i = next++; i < count; i = next++) work(i);
    };
    std::vector<std::jthread> threads;
    threads.reserve(jobs - 1);
    for (std::size_t i = 1; i < jobs; ++i) threads.emplace_back(loop);
    loop();
}

}  // namespace plumbline
