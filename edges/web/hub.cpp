#include "edges/web/hub.hpp"

#include <algorithm>

namespace web {

void Hub::remember(const base::Hash& token, LastWords words) {
    const std::string key = base::hex(token);
    const std::scoped_lock lock(mutex_);
    if (words_.insert_or_assign(key, std::move(words)).second) oldest_.push_back(key);
    if (oldest_.size() <= remembered_max) return;
    words_.erase(oldest_.front());
    oldest_.pop_front();
}

std::optional<LastWords> Hub::recall(const base::Hash& token) {
    const std::string key = base::hex(token);
    const std::scoped_lock lock(mutex_);
    const auto found = words_.find(key);
    if (found == words_.end()) return std::nullopt;
    LastWords words = std::move(found->second);
    words_.erase(found);
    std::erase(oldest_, key);
    return words;
}

bool Bucket::take(Instant now) {
    const double passed_s = static_cast<double>((now - at_).us) / 1e6;
    left_ = std::min(burst_, left_ + std::max(0.0, passed_s) * per_second_);
    at_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
}

}  // namespace web
