#pragma once

#include <cstddef>
#include <functional>

namespace plumbline {

/// Calls `work(i)` for 0 <= i < count on up to `jobs` threads, in about that order. `work` writes only to what belongs
/// to `i`, so that results do not depend on the number of threads. Returns when all are done; `work` must not throw.
/// Threads have stacks of 256 MiB (address space; only what is used costs memory), for readers and evaluators recurse
/// as deep as their inputs nest, up to their own limits. Where one thread is enough and the caller is such a thread, it
/// does the work itself: starting one costs more than most files do.
void in_parallel(std::size_t count, std::size_t jobs, const std::function<void(std::size_t)>& work);

/// Gives memory that was freed back to the system. The allocator keeps what threads have freed for threads to come,
/// which adds up where a program goes through stages that each need much; worth its milliseconds after such a stage
/// only.
void give_back_memory();

}  // namespace plumbline
