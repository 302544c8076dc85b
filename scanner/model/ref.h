#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace plumbline {

/// Base of immutable objects that are shared by counting: one word a handle, where std::shared_ptr takes two.
class RefCounted {
  public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;

    void retain() const { count_.fetch_add(1, std::memory_order_relaxed); }
    /// True when the last owner let go.
    bool release() const { return count_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  private:
    mutable std::atomic<std::uint32_t> count_{0};
};

/// Owning handle of a `RefCounted`. Handles of one object may be copied and dropped on any thread; the object itself
/// never changes. `T` may be incomplete where the handle is only declared.
template <class T>
class Ref {
  public:
    Ref() = default;
    Ref(std::nullptr_t) {}
    explicit Ref(T* object) : object_(object) {
        if (object_) object_->retain();
    }
    Ref(const Ref& other) : object_(other.object_) {
        if (object_) object_->retain();
    }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ && object_->release()) delete object_;
    }

    T* get() const { return object_; }
    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }
    explicit operator bool() const { return object_ != nullptr; }
    bool operator==(const Ref& other) const { return object_ == other.object_; }

  private:
    T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
    return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace plumbline
