/*
 * oneDNN's convolutions of the recipes' shapes, images channels last, beside which the own kernels were chosen
 * (docs/performance.md). Needs Debian's libdnnl-dev:
 *
 *   g++ -std=c++17 -O2 tests/bench/onednn.cpp -ldnnl -o onednn && OMP_NUM_THREADS=1 ./onednn
 *
 * Each product twice: with weights in libpcil's order, and in the order that oneDNN asks for, which a step would have
 * to make and undo. Least milliseconds of some repetitions.
 */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <dnnl.hpp>
#include <string>
#include <unordered_map>

namespace {

using dnnl::memory;
using format = memory::format_tag;
constexpr auto kind = memory::data_type::f32;
constexpr int repetitions = 12;

struct Shape {
    const char *name;
    int images, inputs, size, outputs, kernel, stride;
};

constexpr Shape shapes[] = {
    {"conv, first", 64, 3, 32, 64, 5, 2},        {"conv, second", 64, 64, 14, 128, 5, 2},
    {"conv, third", 64, 128, 5, 256, 3, 2},      {"conv-tiny, first", 64, 3, 64, 32, 5, 2},
    {"conv-tiny, second", 64, 32, 30, 64, 5, 2}, {"conv-pool, second", 64, 32, 31, 64, 3, 1},
};

void fill(const memory &values) {
    auto *floats = static_cast<float *>(values.get_data_handle());
    size_t count = values.get_desc().get_size() / sizeof(float);
    for (size_t i = 0; i < count; i++) floats[i] = static_cast<float>(i * 2654435761U >> 8 & 0xffff) / 65536 - .5F;
}

/* The three products of one convolution, its weights in the given order. */
class Convolution {
  public:
    Convolution(const dnnl::engine &engine, const Shape &shape, format order)
        : engine_(engine), stride_{shape.stride, shape.stride}, padding_{0, 0} {
        const int out = (shape.size - shape.kernel) / shape.stride + 1;
        x_ = {{shape.images, shape.inputs, shape.size, shape.size}, kind, format::nhwc};
        w_ = {{shape.outputs, shape.inputs, shape.kernel, shape.kernel}, kind, order};
        y_ = {{shape.images, shape.outputs, out, out}, kind, format::nhwc};
        forward_ = dnnl::convolution_forward::primitive_desc({dnnl::prop_kind::forward_training,
                                                              dnnl::algorithm::convolution_direct, x_, w_, y_, stride_,
                                                              padding_, padding_},
                                                             engine);
    }

    double forward() const {
        return least(dnnl::convolution_forward(forward_), DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, forward_.weights_desc(),
                     DNNL_ARG_DST);
    }
    double back() const {
        dnnl::convolution_backward_data::primitive_desc found(
            {dnnl::algorithm::convolution_direct, x_, w_, y_, stride_, padding_, padding_}, engine_, forward_);
        return least(dnnl::convolution_backward_data(found), DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, found.weights_desc(),
                     DNNL_ARG_DIFF_DST);
    }
    double gradient() const {
        dnnl::convolution_backward_weights::primitive_desc found(
            {dnnl::algorithm::convolution_direct, x_, w_, y_, stride_, padding_, padding_}, engine_, forward_);
        return least(dnnl::convolution_backward_weights(found), DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS,
                     found.diff_weights_desc(), DNNL_ARG_DIFF_DST);
    }

  private:
    double least(const dnnl::primitive &product, int x, int w, const memory::desc &order, int y) const {
        dnnl::stream stream(engine_);
        std::unordered_map<int, memory> arguments = {
            {x, memory(x_, engine_)}, {w, memory(order, engine_)}, {y, memory(y_, engine_)}};
        for (const auto &argument : arguments) fill(argument.second);
        double best = 1e9;
        for (int i = 0; i < repetitions; i++) {
            auto begin = std::chrono::steady_clock::now();
            product.execute(stream, arguments);
            stream.wait();
            std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
            best = std::min(best, taken.count());
        }
        return best;
    }

    dnnl::engine engine_;
    memory::dims stride_, padding_;
    memory::desc x_, w_, y_;
    dnnl::convolution_forward::primitive_desc forward_;
};

} // namespace

int main() {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    std::printf("%-18s %-10s %8s %8s %8s\n", "64 images, ms", "weights", "forward", "back", "gradient");
    for (const Shape &shape : shapes)
        for (auto order : {format::hwio, format::any}) {
            const Convolution convolution(engine, shape, order);
            std::printf("%-18s %-10s %8.2f %8.2f %8.2f\n", shape.name, order == format::any ? "oneDNN's" : "libpcil's",
                        convolution.forward(), convolution.back(), convolution.gradient());
        }
}
