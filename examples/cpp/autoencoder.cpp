// Trains an autoencoder in C++: handles in unique_ptr, failures as exceptions, a callback that watches inference.
// Introduces: RAII over the handles, the trace callback, tensors by name, saving and loading.
#include <cmath>
#include <cstdio>
#include <memory>
#include <pcil.h>
#include <stdexcept>
#include <vector>

namespace {

struct Free {
    void operator()(pcil_network *network) const {
        pcil_network_free(network);
    }
    void operator()(pcil_inference *inference) const {
        pcil_inference_free(inference);
    }
    void operator()(pcil_optimizer *optimizer) const {
        pcil_optimizer_free(optimizer);
    }
};
template <typename Handle> using Owned = std::unique_ptr<Handle, Free>;

void check(pcil_status status) {
    if (status != PCIL_OK) throw std::runtime_error(pcil_last_error());
}

// Calls one of the library's create functions and owns what it makes.
template <typename Handle, typename Create, typename... Arguments>
Owned<Handle> make(Create create, Arguments... rest) {
    Handle *handle = nullptr;
    check(create(&handle, rest...));
    return Owned<Handle>(handle);
}

constexpr int32_t samples = 32, pixels = 64;

// A bright bar of one of eight rows or columns on a dark 8 x 8 picture.
std::vector<float> bars() {
    std::vector<float> pictures(samples * pixels, 0.05f);
    for (int32_t i = 0; i < samples; i++)
        for (int32_t j = 0; j < 8; j++) {
            int32_t line = i % 8;
            bool row = i / 8 % 2 == 0;
            pictures[static_cast<size_t>(i * pixels + (row ? line * 8 + j : j * 8 + line))] = 0.95f;
        }
    return pictures;
}

int32_t keep(void *user, int32_t, double energy, const double *, int32_t) {
    static_cast<std::vector<double> *>(user)->push_back(energy);
    return 0;
}

double squared_error(pcil_inference *inference, const std::vector<float> &pictures) {
    std::vector<float> rebuilt(pictures.size());
    check(pcil_predict(inference, pictures.data(), samples, rebuilt.data()));
    double sum = 0;
    for (size_t i = 0; i < pictures.size(); i++) sum += std::pow(double(rebuilt[i]) - double(pictures[i]), 2);
    return sum / double(pictures.size());
}

bool run(const char *path) {
    auto pictures = bars();
    auto network =
        make<pcil_network>(pcil_network_parse, "64; dense 32; relu, dense 8; relu, dense 32; relu, dense 64; sigmoid");
    auto inference = make<pcil_inference>(pcil_inference_create, network.get(), "sequential", samples);
    auto optimizer = make<pcil_optimizer>(pcil_optimizer_create, network.get(), "adam");
    check(pcil_optimizer_set(optimizer.get(), "learning_rate", 0.005));

    std::vector<double> energies;
    double before = squared_error(inference.get(), pictures);
    check(pcil_inference_trace(inference.get(), keep, &energies));
    check(pcil_train_step(inference.get(), optimizer.get(), pictures.data(), pictures.data(), samples, nullptr));
    check(pcil_inference_trace(inference.get(), nullptr, nullptr));
    for (int step = 0; step < 400; step++)
        check(pcil_train_step(inference.get(), optimizer.get(), pictures.data(), pictures.data(), samples, nullptr));
    double after = squared_error(inference.get(), pictures);
    std::printf("energy in the first step: %.3f -> %.3f\n", energies.front(), energies.back());
    std::printf("mean squared error: %.1e before, %.1e after learning\n", before, after);

    check(pcil_network_save(network.get(), path, nullptr));
    auto copy = make<pcil_network>(pcil_network_load, path);
    auto other = make<pcil_inference>(pcil_inference_create, copy.get(), "sequential", samples);
    bool same = squared_error(other.get(), pictures) == after;
    return energies.back() < energies.front() && after < before / 3 && same;
}

} // namespace

int main(int count, char **words) {
    try {
        return run(count > 1 ? words[1] : "autoencoder.safetensors") ? 0 : 1;
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 2;
    }
}
