// The same training in six languages: this one in C++. Each prints the same accuracy and saves the same bytes.
#include <cstdio>
#include <pcil.hpp>

namespace {

pcil::Batches batches_of(pcil::Dataset &digits, double shuffle) {
    auto batches = pcil::Batches::create(digits, 50, 1);
    batches.set_text("normalise", "centre");
    batches.set("shuffle", shuffle);
    return batches;
}

void run(const char *path) {
    auto network = pcil::Network::parse("3x32x32; dense 64; relu, dense 10; softmax");
    auto inference = pcil::Inference::create(network, "sequential", 50);
    auto optimizer = pcil::Optimizer::create(network, "adam");
    optimizer.set("learning_rate", 0.001);

    auto seen = pcil::Dataset::digits(2000, 1), unseen = pcil::Dataset::digits(500, 2);
    auto batches = batches_of(seen, 1), scoring = batches_of(unseen, 0);
    std::vector<float> inputs(50 * 32 * 32 * 3);
    std::vector<int32_t> labels(50);
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        batches.begin(epoch, 0);
        while (int32_t count = batches.next(inputs, labels))
            inference.train_step_labels(optimizer, inputs, labels, count);
    }
    scoring.begin(0, 0);
    auto [loss, accuracy, top5] = inference.evaluate(scoring);
    network.save(path);
    std::printf("accuracy %.3f\n", accuracy);
}

} // namespace

int main(int count, char **words) {
    try {
        run(count > 1 ? words[1] : "digits.safetensors");
        return 0;
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
}
