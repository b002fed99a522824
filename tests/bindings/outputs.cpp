// Every array that C writes, in pcil.hpp: of exactly the size, guard numbers behind it that must stay; of one number
// fewer, refused.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <pcil.hpp>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

int problems = 0;
constexpr std::size_t BEHIND = 4096;

// Calls with an array that has only so many numbers before the guards; false if the call threw.
template <typename T, typename Call> bool guarded(const char *what, std::size_t size, Call call) {
    const T guard = 77;
    std::vector<T> numbers(size + BEHIND, guard);
    bool good = true;
    try {
        call(pcil::span<T>(numbers.data(), size));
    } catch (const std::exception &) {
        good = false;
    }
    for (std::size_t i = size; i < numbers.size(); i++) {
        if (numbers[i] == guard) continue;
        std::printf("%s writes beyond an array of %zu\n", what, size), problems++;
        break;
    }
    return good;
}

template <typename T = double, typename Call> void holds(const char *what, std::size_t size, Call call) {
    if (!guarded<T>(what, size, call)) std::printf("%s refuses an array of %zu\n", what, size), problems++;
    if (guarded<T>(what, size - 1, call)) std::printf("%s takes an array of %zu\n", what, size - 1), problems++;
}

using doubles = pcil::span<double>;
using floats = pcil::span<float>;
using integers = pcil::span<std::int32_t>;
using bytes = pcil::span<std::uint8_t>;

const std::vector<double> betas = {1e-3, 2e-3};
const std::vector<float> inputs = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f}, targets = {1, 0, 0, 0, 1, 0};
const std::vector<std::int32_t> labels = {0, 1};

void of_network(pcil::Network &network) {
    const auto count = static_cast<std::size_t>(network.parameters());
    const std::vector<double> vector(count, 1);
    const std::vector<float> change(count, 1);
    std::vector<double> other(2);
    holds<std::int64_t>("tensor_shape", 4,
                        [&](pcil::span<std::int64_t> shape) { network.tensor_shape("block0.dense.bias", shape); });
    holds<float>("get", 20, [&](floats values) { network.get("block0.dense.weight", values); });
    holds<float>("proximal_step", count,
                 [&](floats step) { network.proximal_step(inputs, targets, .01, 1e-3, 5, step); });
    holds("compare_updates", 3, [&](doubles cosines) { network.compare_updates(change, change, -1, cosines); });
    holds("compare_updates", 3, [&](doubles distances) { network.compare_updates(change, change, -1, {}, distances); });
    holds("loss_gradient", count, [&](doubles gradient) { network.loss_gradient(inputs, targets, gradient); });
    holds("hessian_product", count,
          [&](doubles product) { network.hessian_product(inputs, targets, vector, product); });
    holds("hessian", count * count, [&](doubles hessian) { network.hessian(inputs, targets, hessian); });
    holds("second_order_step", count, [&](doubles step) { network.second_order_step(inputs, targets, 1e-3, step); });
    holds("implicit_step", count, [&](doubles step) { network.implicit_step(inputs, targets, 1e-3, step); });
    holds("theorem2", 2, [&](doubles second) { network.theorem2(inputs, targets, betas, second, other); });
    holds("theorem2", 2, [&](doubles first) { network.theorem2(inputs, targets, betas, other, first); });
}

void of_batch(pcil::Inference &inference) {
    inference.clamp_labels(inputs, labels);
    holds("residual", 3, [&](doubles nodes) { inference.residual(nodes); });
    holds("residual", 2, [&](doubles samples) { inference.residual({}, samples); });
    holds<float>("predict", 6, [&](floats outputs) { inference.predict(inputs, outputs); });
    inference.clamp_labels(inputs, labels);
    holds<float>("activity", 10, [&](floats values) { inference.activity(1, values); });
    holds<float>("node_error", 10, [&](floats values) { inference.node_error(1, values); });
    holds<float>("prediction", 6, [&](floats values) { inference.prediction(values); });
    holds("energy_samples", 2, [&](doubles prediction) { inference.energy_samples(1, prediction); });
    holds("energy_samples", 2, [&](doubles decay) { inference.energy_samples(1, {}, decay); });
    holds("energy_samples", 2, [&](doubles loss) { inference.energy_samples(1, {}, {}, loss); });
    holds<float>("gradient", 20, [&](floats values) { inference.gradient("block0.dense.weight", values); });
}

void of_steps(pcil::Network &network, pcil::Inference &inference) {
    auto optimizer = pcil::Optimizer::create(network, "sgd");
    optimizer.set("learning_rate", .5);
    const auto count = static_cast<std::size_t>(network.parameters());
    holds("proximal_loss", 8,
          [&](doubles results) { inference.proximal_loss(optimizer, inputs, targets, 3, betas, results); });
    holds("proximal_loss_labels", 8,
          [&](doubles results) { inference.proximal_loss_labels(optimizer, inputs, labels, 3, betas, results); });
    holds("error_delay", 12, [&](doubles errors) { inference.error_delay(inputs, targets, 3, errors); });
    holds("error_delay_labels", 12, [&](doubles errors) { inference.error_delay_labels(inputs, labels, 3, errors); });
    holds("update_magnitudes", 8,
          [&](doubles all) { inference.update_magnitudes(optimizer, inputs, targets, 3, all); });
    holds("update_magnitudes_labels", 8,
          [&](doubles all) { inference.update_magnitudes_labels(optimizer, inputs, labels, 3, all); });
    inference.clamp_labels(inputs, labels);
    holds<float>("update", count, [&](floats change) { inference.update(optimizer, change); });
    std::vector<double> other(3);
    inference.clamp_labels(inputs, labels, 1);
    holds("theorem1_weights", 3,
          [&](doubles weights) { inference.theorem1_weights(optimizer, .1, "exact", weights, other); });
    inference.clamp_labels(inputs, labels, 1);
    holds("theorem1_weights", 3,
          [&](doubles decays) { inference.theorem1_weights(optimizer, .1, "exact", other, decays); });
}

void of_data() {
    auto dataset = pcil::Dataset::memory(inputs, 1, 1, 4, 3, 3, labels, targets);
    auto batches = pcil::Batches::create(dataset, 2, 1);
    const std::vector<std::int64_t> indices = {1, 0};
    std::vector<float> other(8);
    holds<float>("read", 8, [&](floats values) { dataset.read(indices, -1, values); });
    holds<std::int32_t>("read", 2, [&](integers values) { dataset.read(indices, -1, {}, values); });
    holds<float>("read", 6, [&](floats values) { dataset.read(indices, -1, {}, {}, values); });
    holds<float>("next", 8, [&](floats values) { batches.begin(0, 0), batches.next(values); });
    holds<std::int32_t>("next", 2, [&](integers values) { batches.begin(0, 0), batches.next(other, values); });
    holds<float>("next", 6, [&](floats values) { batches.begin(0, 0), batches.next(other, {}, values); });
}

void of_images() {
    std::string path = (std::filesystem::temp_directory_path() / "pcil-XXXXXX.png").string();
    close(mkstemps(path.data(), 4)); // a name of its own
    const std::vector<std::uint8_t> picture(18);
    pcil::image_write(path, picture, 3, 2, 3);
    holds<std::uint8_t>("image_read", 18, [&](bytes pixels) { pcil::image_read(path, pixels, 3, 2, 3); });
    std::remove(path.c_str());
}

} // namespace

int main() {
    auto network = pcil::Network::parse("4; dense 5; tanh, dense 3; softmax");
    auto inference = pcil::Inference::create(network, "sequential", 2);
    of_network(network);
    of_batch(inference);
    of_steps(network, inference);
    of_data();
    of_images();
    return problems > 0;
}
