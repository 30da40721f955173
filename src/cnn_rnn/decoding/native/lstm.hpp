// What an LSTM does between its matrix products, in one pass; the memory is read through the parent.

#pragma once

#include <cmath>
#include <cstdint>

#include "scores.hpp"

namespace cnn_rnn {

inline float sigmoid(float x) {
  const float e = exp_below_zero(-std::fabs(x));
  const float s = 1.0f / (1.0f + e);
  return x < 0.0f ? e * s : s;
}

inline float tanh_of(float x) {
  const float e = exp_below_zero(-2.0f * std::fabs(x));
  const float t = (1.0f - e) / (1.0f + e);
  return x < 0.0f ? -t : t;
}

// gates (n, 4H): input, forget, cell and output gate before their activation, as PyTorch has them.
// memory (m, H) is read at the parents' rows; hidden_out and memory_out are (n, H).
inline void lstm_rows(const float* gates, const float* memory, const int64_t* parents, int64_t first,
                      int64_t last, int64_t H, float* hidden_out, float* memory_out) {
  for (int64_t row = first; row < last; ++row) {
    const float* g = gates + row * 4 * H;
    const float* before = memory + parents[row] * H;
    float* hidden = hidden_out + row * H;
    float* after = memory_out + row * H;
#pragma omp simd
    for (int64_t j = 0; j < H; ++j) {
      const float keep = sigmoid(g[H + j]) * before[j] + sigmoid(g[j]) * tanh_of(g[2 * H + j]);
      after[j] = keep;
      hidden[j] = sigmoid(g[3 * H + j]) * tanh_of(keep);
    }
  }
}

}  // namespace cnn_rnn
