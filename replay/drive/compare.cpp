#include "replay/drive/compare.hpp"

#include <algorithm>

namespace replay {

std::vector<Pair> side_by_side(const std::vector<std::string>& recorded,
                               const std::vector<std::string>& seen) {
    std::size_t begin = 0, end_a = recorded.size(), end_b = seen.size();
    while (begin < std::min(end_a, end_b) && recorded[begin] == seen[begin]) ++begin;
    while (end_a > begin && end_b > begin && recorded[end_a - 1] == seen[end_b - 1])
        --end_a, --end_b;
    const std::size_t rows = end_a - begin, columns = end_b - begin;
    // common[i][j]: how many lines the rests from i and j on have in common.
    std::vector<std::vector<std::uint32_t>> common(rows + 1,
                                                   std::vector<std::uint32_t>(columns + 1));
    for (std::size_t i = rows; i-- > 0;) {
        for (std::size_t j = columns; j-- > 0;)
            common[i][j] = recorded[begin + i] == seen[begin + j]
                               ? common[i + 1][j + 1] + 1
                               : std::max(common[i + 1][j], common[i][j + 1]);
    }
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < begin; ++i) pairs.push_back({recorded[i], seen[i]});
    std::size_t i = 0, j = 0;
    while (i < rows || j < columns) {
        if (i < rows && j < columns && recorded[begin + i] == seen[begin + j]) {
            pairs.push_back({recorded[begin + i++], seen[begin + j++]});
        } else if (j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
            pairs.push_back({recorded[begin + i++], {}});
        } else {
            pairs.push_back({{}, seen[begin + j++]});
        }
    }
    for (std::size_t k = 0; end_a + k < recorded.size(); ++k)
        pairs.push_back({recorded[end_a + k], seen[end_b + k]});
    return pairs;
}

std::size_t differences(const std::vector<Pair>& pairs) {
    return static_cast<std::size_t>(
        std::ranges::count_if(pairs, [](const Pair& pair) { return !pair.same(); }));
}

}  // namespace replay
