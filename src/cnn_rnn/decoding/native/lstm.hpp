// What an LSTM does between its matrix products, in one pass; products and memory are
// read through the parent.

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

// Where the n rows are read and written. Gates are in PyTorch's order, before their activation:
// input, forget, cell and output gate.
struct LSTMRows {
  const float* products;      // (m, 4H): what hidden states bring to the gates
  const float* input_gates;   // (K+1, 4H): what labels bring, biases included
  const float* memory;        // (m, H)
  const int64_t* product_of;  // (n), rows of products
  const int64_t* label_ids;   // (n)
  const int64_t* parents;     // (n), rows of memory
  float* hidden_out;          // (n, H)
  float* memory_out;          // (n, H)
};

inline void lstm_rows(const LSTMRows& rows, int64_t first, int64_t last, int64_t H) {
  for (int64_t row = first; row < last; ++row) {
    const float* p = rows.products + rows.product_of[row] * 4 * H;
    const float* q = rows.input_gates + rows.label_ids[row] * 4 * H;
    const float* before = rows.memory + rows.parents[row] * H;
    float* hidden = rows.hidden_out + row * H;
    float* after = rows.memory_out + row * H;
#pragma omp simd
    for (int64_t j = 0; j < H; ++j) {
      const float entering = sigmoid(p[j] + q[j]) * tanh_of(p[2 * H + j] + q[2 * H + j]);
      const float keep = sigmoid(p[H + j] + q[H + j]) * before[j] + entering;
      after[j] = keep;
      hidden[j] = sigmoid(p[3 * H + j] + q[3 * H + j]) * tanh_of(keep);
    }
  }
}

}  // namespace cnn_rnn
