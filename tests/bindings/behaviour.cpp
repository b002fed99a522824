// What pcil.hpp does beside calling: arrays, counts, callbacks, lifetimes, failures. Exit status 0: all as expected.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <pcil.hpp>
#include <string>
#include <vector>

namespace {

int problems = 0;

void expect(bool good, const char *what) {
    if (!good) std::printf("not as expected: %s\n", what), problems++;
}

template <typename Failure, typename Run> void fails(const char *part, Run run) {
    try {
        run();
    } catch (const Failure &failure) {
        expect(std::string(failure.what()).find(part) != std::string::npos, failure.what());
        return;
    }
    expect(false, part);
}

void arrays(pcil::Network &network, pcil::Inference &inference) {
    std::vector<float> inputs(8, 0.5f), outputs(6), few(5);
    std::vector<int32_t> labels = {0, 1, 2};
    inference.predict(inputs, outputs);
    expect(outputs[0] > 0, "a prediction");
    fails<std::invalid_argument>("outputs holds 5 numbers; 6", [&] { inference.predict(inputs, few); });
    fails<std::invalid_argument>("labels holds 3 numbers; 2", [&] { inference.clamp_labels(inputs, labels); });
    fails<std::invalid_argument>("inputs holds 8 numbers; 12", [&] { inference.clamp_labels(inputs, labels, 3); });
    float bias[3];
    network.get("block0.dense.bias", bias);
    expect(bias[0] != 0, "a bias");
    expect(network.block_info(0) == std::tuple<int32_t, int32_t, int64_t, std::string>(0, 1, 15, "dense 3"), "a block");
}

void failures(const pcil::Network &network) {
    using namespace std::string_literals;
    fails<std::invalid_argument>("path holds a NUL", [&] { network.save("never\0.upload"s); });
    fails<pcil::Error>("did you mean 'dense'", [] { pcil::Network::parse("4; dens 3"); });
    try {
        pcil::Network::parse("4; dens 3");
    } catch (const pcil::Error &error) {
        expect(error.status() == PCIL_ERROR_FORMAT, "the status of a failure");
    }
}

void callbacks(pcil::Inference inference) { // by value: a moved object keeps its callback
    std::vector<float> inputs(8, 0.5f);
    std::vector<int32_t> labels = {0, 1};
    std::vector<double> energies;
    inference.trace([&](int32_t, double energy, pcil::span<const double> errors) {
        energies.push_back(energy);
        return errors.size() == 3 ? 0 : 1;
    });
    pcil::Inference moved = std::move(inference);
    moved.clamp_labels(inputs, labels);
    double energy = 0;
    moved.infer(2, &energy);
    expect(energies.size() == 3 && energies.back() == energy, "what a callback sees");
    moved.trace([](int32_t, double, pcil::span<const double>) -> int32_t { throw std::logic_error("mine"); });
    fails<std::logic_error>("mine", [&] { moved.infer(2); });
    moved.trace(nullptr);
    moved.infer(2);
}

void trainer() {
    auto digits = pcil::Dataset::digits(100, 1);
    auto trainer = pcil::Trainer::create();
    trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax");
    trainer.data(digits);
    int calls = 0;
    trainer.watch([&](const pcil::Trainer &run, pcil_event) { return calls++, run.value("batch") >= 1 ? 1 : 0; });
    fails<pcil::Error>("stopped", [&] { trainer.run(); });
    std::vector<float> picture(3072), scores(10);
    trainer.inference().predict(picture, scores);
    expect(calls == 1 && scores[0] > 0, "a borrowed inference");
}

// What is thrown at a warning, whose answer C does not look at, ends the run.
void warning() {
    std::string made = (std::filesystem::temp_directory_path() / "pcil-XXXXXX").string();
    expect(mkdtemp(made.data()), "a folder of its own");
    const auto folder = std::filesystem::path(made) / "run";
    auto digits = pcil::Dataset::digits(100, 1);
    auto trainer = pcil::Trainer::create();
    trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax");
    trainer.set_text("out", folder.string());
    trainer.set("epochs", 5);
    trainer.data(digits);
    trainer.watch([&](const pcil::Trainer &run, pcil_event event) {
        if (event == PCIL_EVENT_EVALUATION)
            std::filesystem::remove(folder / "metrics.jsonl"); // the next evaluation warns of it
        if (event == PCIL_EVENT_WARNING) throw std::logic_error(run.warning());
        return 0;
    });
    fails<std::logic_error>("was removed", [&] { trainer.run(); });
    expect(trainer.value("epoch") < 3, "a run that ends at a warning");
    std::filesystem::remove_all(made);
}

} // namespace

int main() {
    auto network = pcil::Network::parse("4; dense 3; relu, dense 3; softmax");
    auto inference = pcil::Inference::create(network, "sequential", 8);
    arrays(network, inference);
    failures(network);
    callbacks(std::move(inference));
    trainer();
    warning();
    return problems > 0;
}
