// libpcil for C++17: objects that free themselves, spans for arrays, exceptions for failures. Header-only, over pcil.h.
//
// The names are those of the C library without pcil_: pcil_network_parse is pcil::Network::parse, pcil_train_step_labels is
// pcil::Inference::train_step_labels. What C's comments say holds here: shapes, units, threads, and that what an object was made of
// must outlive it. Counts that arrays tell may be left out. An exception thrown in a callback ends the call and comes out of it.
//
// Made by bindings/generate.py from the headers in include/pcil/; bindings/cpp/head.hpp.in is the part written by hand.
// clang-format off
#ifndef PCIL_HPP
#define PCIL_HPP

#include <pcil.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace pcil {

// A call that failed: status() tells the kind, what() what was wrong and what to do.
class Error : public std::runtime_error {
public:
    Error(pcil_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
    pcil_status status() const noexcept { return status_; }

private:
    pcil_status status_;
};

// An array of somebody else's: of a vector, an array, or a pointer and a number. None at all is a NULL for C.
template <typename T> class span {
public:
    span() = default;
    span(T *data, std::size_t size) : data_(data), size_(size) {}
    template <std::size_t N> span(T (&array)[N]) : data_(array), size_(N) {}
    template <typename Container, typename = std::enable_if_t<std::is_convertible_v<decltype(std::declval<Container &>().data()), T *>>>
    span(Container &&container) : data_(container.data()), size_(container.size()) {}
    T *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    T *begin() const noexcept { return data_; }
    T *end() const noexcept { return data_ + size_; }
    T &operator[](std::size_t index) const { return data_[index]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

// What a callback of this thread threw: C cannot carry it.
inline std::exception_ptr &thrown() {
    thread_local std::exception_ptr pending;
    return pending;
}

inline void check(pcil_status status) {
    if (std::exception_ptr pending = std::exchange(thrown(), nullptr)) std::rethrow_exception(pending);
    if (status < 0) throw Error(status, pcil_last_error());
}

// The product of sizes; -1 if one of them is unknown.
inline std::int64_t product(std::initializer_list<std::int64_t> sizes) {
    std::int64_t all = 1;
    for (std::int64_t size : sizes) {
        if (size < 0) return -1;
        all *= size;
    }
    return all;
}

inline void holds(const char *what, const void *data, std::size_t found, std::int64_t wanted, bool exact) {
    if (!data || wanted < 0) return;
    if (found < static_cast<std::size_t>(wanted) || (exact && found != static_cast<std::size_t>(wanted)))
        throw std::invalid_argument(std::string(what) + " holds " + std::to_string(found) + " numbers; " + std::to_string(wanted) + " are expected");
}

// A text as C's, which a NUL would end.
inline const char *terminated(const char *what, const std::string &text) {
    if (text.find('\0') != std::string::npos) throw std::invalid_argument(std::string(what) + " holds a NUL, which would end it there");
    return text.c_str();
}

// How many an array holds, of so many numbers each.
inline std::int64_t counted(const char *what, std::size_t found, std::int64_t each) {
    if (each < 0) throw std::invalid_argument(std::string(what) + ": how many it holds must be said");
    return each ? static_cast<std::int64_t>(found) / each : 0;
}

inline std::int64_t tensor_size(const pcil_network *network, const std::string &name) {
    std::int32_t rank = 0;
    std::int64_t shape[4], all = 1;
    check(pcil_network_tensor_shape(network, terminated("name", name), &rank, shape));
    for (std::int32_t i = 0; i < rank; i++) all *= shape[i];
    return all;
}

inline std::int64_t picture(const pcil_dataset *dataset, int which) {
    std::int32_t sizes[3] = {-1, -1, -1};
    if (dataset) check(pcil_dataset_shape(dataset, &sizes[0], &sizes[1], &sizes[2]));
    return sizes[which];
}

inline std::int64_t output_size(const pcil_network *network) {
    return pcil_network_node_size(network, pcil_network_nodes(network) - 1);
}

// The text convention of pcil.h: asks for the length, then for the text.
template <typename Call> std::string text(Call call) {
    std::int64_t length = 0;
    check(call(nullptr, 0, &length));
    std::vector<char> buffer(static_cast<std::size_t>(length) + 1);
    check(call(buffer.data(), length + 1, &length));
    return std::string(buffer.data(), static_cast<std::size_t>(length));
}

// Calls a function from C; what it throws waits for the end of the call that it is called from.
template <typename Call> std::int32_t guarded(Call call) noexcept {
    if (thrown()) return 1; // of a warning C does not look at the answer
    try {
        return call();
    } catch (...) {
        thrown() = std::current_exception();
        return 1;
    }
}

// An object of the library, freed with this one unless it is borrowed.
template <typename T> class Handle {
public:
    Handle(Handle &&other) noexcept { swap(other); }
    Handle &operator=(Handle &&other) noexcept {
        swap(other);
        return *this;
    }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    T *handle() const noexcept { return pointer_; }
    explicit operator bool() const noexcept { return pointer_ != nullptr; }

protected:
    Handle(T *pointer, void (*release)(T *)) : pointer_(pointer), release_(release) {}
    ~Handle() {
        if (release_) release_(pointer_);
    }
    void swap(Handle &other) noexcept {
        std::swap(pointer_, other.pointer_), std::swap(release_, other.release_), std::swap(callbacks_, other.callbacks_);
        std::swap(network_, other.network_), std::swap(dataset_, other.dataset_), std::swap(batch_, other.batch_);
    }

    T *pointer_ = nullptr;
    void (*release_)(T *) = nullptr;
    std::map<std::string, std::shared_ptr<void>> callbacks_;

public: // what the sizes of arrays are worked out from
    const pcil_network *network_ = nullptr;
    const pcil_dataset *dataset_ = nullptr;
    std::int32_t batch_ = -1;
};

} // namespace detail

class Network;
class Inference;
class Optimizer;
class Dataset;
class Batches;
class Traces;
class Trainer;

class Network : public detail::Handle<pcil_network> {
public:
    Network(pcil_network *pointer, void (*release)(pcil_network *)) : Handle(pointer, release) {}
    // Makes an empty network, to be built by pcil_network_input ... pcil_network_finish.
    static Network create();
    // Makes a finished network from a text description (see above), by the same calls that follow.
    static Network parse(const std::string &description);
    // The latest message of a failed call on this network, "" if none.
    const char *error() const;
    // Sets the shape of node 0, [height][width][channels].
    void input(std::int32_t channels, std::int32_t height, std::int32_t width);
    // Begins a block, from the newest node to a new one; operations are then added to it.
    void block();
    // Begins another block to the newest node, from an earlier one: a skip connection.
    void join(std::int32_t from);
    // Adds a dense operation, p = x W + b, to the newest block. x is flattened.
    void dense(std::int32_t units);
    // Adds any operation by its text, such as "relu", "leaky_relu slope=0.1", "dense 1024".
    void operation(const std::string &text);
    // Sets the output kind: "linear" (Gaussian), "softmax" (classes), "sigmoid" (reconstruction).
    void output(const std::string &kind);
    // Ends building: checks the whole, reserves the weights and initialises them by "fan_in" with seed 0.
    void finish();
    // Draws all weights anew.
    void initialise(const std::string &kind, std::uint64_t seed);
    // Writes the network's description; a finished network's parses to the same network.
    std::string describe() const;
    // The number of blocks; -1 for NULL.
    std::int32_t blocks() const;
    // The number of nodes, the input among them; -1 for NULL.
    std::int32_t nodes() const;
    // Features of a node (height * width * channels); -1 if there is no such node.
    std::int64_t node_size(std::int32_t node) const;
    // The shape of a node.
    std::tuple<std::int32_t, std::int32_t, std::int32_t> node_shape(std::int32_t node) const;
    // The output kind's name, constant; NULL for NULL.
    const char *output_kind() const;
    // All learned numbers, weights and biases; -1 for NULL.
    std::int64_t parameters() const;
    // Describes one block: which nodes it joins, how many learned numbers it has, its operations as text.
    std::tuple<std::int32_t, std::int32_t, std::int64_t, std::string> block_info(std::int32_t block) const;
    // The number of named tensors; -1 for NULL or an unfinished network.
    std::int32_t tensors() const;
    // The name of tensor `index`, such as "block0.dense.weight"; NULL if there is none.
    const char *tensor_name(std::int32_t index) const;
    // The shape of a named tensor.
    std::int32_t tensor_shape(const std::string &name, span<std::int64_t> shape = {}) const;
    // Copies a tensor out.
    void get(const std::string &name, span<float> values, std::int64_t count = -1) const;
    // Copies a tensor in.
    void set(const std::string &name, span<const float> values, std::int64_t count = -1);
    // Saves description and weights as safetensors, replacing the file as a whole or not at all.
    void save(const std::string &path, const char *metadata = nullptr) const;
    // Loads a network saved by pcil_network_save.
    static Network load(const std::string &path);
    // Reads the metadata of a saved network without its weights: a JSON object of strings, those given to pcil_network_save and "description", "pcil_format", "pcil_version", "data_crc32" (of the weights' bytes, in hexadecimal; a file may lack it), in the file's order.
    static std::string metadata(const std::string &path);
    // The proximal step itself (eq. 6), as a reference for small networks: the change that minimises L(theta + change) + |change|^2 / (2 beta), L the batch's mean loss, by gradient descent from no change, its step beginning at beta and halved whenever it would raise the proximal loss.
    std::tuple<double, double> proximal_step(span<const float> inputs, span<const float> targets, double beta, double tolerance, std::int32_t most, span<float> change, std::int32_t batch = -1, std::int64_t count = -1);
    // How alike two changes are (pcil_update, pcil_proximal_step), block by block and, in the last place, in all.
    void compare_updates(span<const float> a, span<const float> b, std::int64_t count = -1, span<double> cosines = {}, span<double> distances = {}) const;
    // The gradient of a batch's mean loss in double precision, at the network's weights or near them.
    double loss_gradient(span<const float> inputs, span<const float> targets, span<double> gradient, std::int32_t batch = -1, span<const double> change = {}, std::int64_t count = -1) const;
    // H v: the Hessian of a batch's mean loss, H = d2L/dtheta2, times a vector, by central differences of the gradient in double precision (relative error some 1e-9): two passes forward and two backward, so for large networks too.
    void hessian_product(span<const float> inputs, span<const float> targets, span<const double> vector, span<double> product, std::int32_t batch = -1, std::int64_t count = -1) const;
    // The whole Hessian, symmetric, by `count` products: for networks of up to some thousand parameters.
    void hessian(span<const float> inputs, span<const float> targets, span<double> hessian, std::int32_t batch = -1, std::int64_t count = -1) const;
    // lambda_max, the largest magnitude of an eigenvalue of the Hessian, by power iteration from below.
    double hessian_norm(span<const float> inputs, span<const float> targets, double tolerance, std::int32_t most, std::int32_t batch = -1) const;
    // Theorem 2's prediction of the implicit step: -(I + beta H)^-1 beta dL/dtheta, by conjugate gradients.
    void second_order_step(span<const float> inputs, span<const float> targets, double beta, span<double> step, std::int32_t batch = -1, std::int64_t count = -1) const;
    // Implicit SGD's step (eq. 5), which theorem 2 predicts: step = -beta dL/dtheta at theta + step, in double precision, by repeating that until it stands.
    void implicit_step(span<const float> inputs, span<const float> targets, double beta, span<double> step, std::int32_t batch = -1, std::int64_t count = -1) const;
    // Theorem 2: how far the two approximations are from the implicit step, |approximation - step| / |step|, for each beta.
    double theorem2(span<const float> inputs, span<const float> targets, span<const double> betas, span<double> second_order, span<double> first_order, std::int32_t batch = -1, std::int32_t count = -1) const;
    // Writes all tensors of a network in another format, replacing the file as a whole or not at all.
    void save_arrays(const std::string &path, const std::string &format, const char *names = nullptr) const;
    // Takes all weights of a network from a file in another format.
    void load_arrays(const std::string &path, const std::string &format, const char *names = nullptr);
};

class Inference : public detail::Handle<pcil_inference> {
public:
    Inference(pcil_inference *pointer, void (*release)(pcil_inference *)) : Handle(pointer, release) {}
    // Reserves everything that inference, prediction and learning need for up to `largest_batch` samples; no later call on the handle allocates.
    static Inference create(Network &network, const std::string &kind, std::int32_t largest_batch);
    // The latest message of a failed call on this handle, "" if none.
    const char *error() const;
    // Sets an option by name (see above).
    void set(const std::string &name, double value);
    // The same with the value as text, needed where a word is the value ("hard").
    void set_text(const std::string &name, const std::string &value);
    // Reads an option; words give their place in the option's list of words.
    double get(const std::string &name) const;
    // Clamps a batch and predicts it: node 0 to `inputs`, all activities to their feed-forward values, the output node to its (soft or hard) target.
    void clamp(span<const float> inputs, span<const float> targets, std::int32_t batch = -1);
    // The same with one class label per sample instead of targets.
    void clamp_labels(span<const float> inputs, span<const std::int32_t> labels, std::int32_t batch = -1);
    // Moves the activities by the schedule; weights stay.
    void infer(std::int32_t iterations, double *energy = nullptr);
    // How far the batch is from rest, where F's gradient is 0 in every hidden activity: the relative gradient norm |gamma_l e_l - drive_l + decay_l| / (|gamma_l e_l| + |drive_l| + |decay_l|) with drive_l = sum over the blocks above of gamma J^T e and decay_l = gamma^decay_l f' f.
    double residual(span<double> nodes = {}, span<double> samples = {});
    // Iterates until the residual of all (pcil_inference_residual) is at most `tolerance`, or `most` iterations are made.
    double settle(double tolerance, std::int32_t most);
    // Iterations made since the batch was clamped; -1 for NULL.
    std::int32_t iterations() const;
    // Sets the trace callback, on the caller's thread; NULL ends tracing.
    void trace(std::function<std::int32_t(std::int32_t, double, span<const double>)> callback);
    // Predicts without targets: pi of the output kind (probabilities for softmax and sigmoid, values for linear).
    void predict(span<const float> inputs, span<float> outputs, std::int64_t count = -1);
    // Samples of the clamped batch, 0 if none; -1 for NULL.
    std::int32_t batch() const;
    // Copies a node's activities out.
    void activity(std::int32_t node, span<float> values, std::int64_t count = -1) const;
    // Copies a node's errors e_l out, node >= 1; otherwise as pcil_inference_activity.
    void node_error(std::int32_t node, span<float> values, std::int64_t count = -1) const;
    // Copies the output node's present prediction pi out (section "output kinds" of the guide).
    void prediction(span<float> values, std::int64_t count = -1) const;
    // The share of a node's units, over the batch, whose f(activity) is exactly 0: silent ones of relu. f as in pcil/energy.h; of the output node its prediction p.
    double zero_share(std::int32_t node) const;
    // Matrix products made by this handle since its creation, by clamp, infer, learn and predict; a convolution's product counts as one however it is cut up; products with an error that is exactly zero are not made. -1 for NULL.
    std::int64_t products() const;
    // The products of one training step that the schedule plans for a block: forward (feed-forward included), backward, gradient.
    std::tuple<std::int64_t, std::int64_t, std::int64_t> plan(std::int32_t block) const;
    // Bytes held: "weights" of its network, "activities" (activities, errors, predictions, targets), "workspace".
    std::int64_t memory(const std::string &purpose) const;
    // Starts the clock of a handle from 0, or stops it.
    void clock(std::int32_t on);
    // Seconds that a phase took since the clock was started: "forward" (feed-forward of clamped batches), "inference" (the schedule's iterations), "clamp" (checks, clamps and energies), "gradient" (of the weights; with the step, where one product makes both), "optimizer" (the rule, where it works on a gradient that was made first).
    double seconds(const std::string &phase) const;
    // The proximal loss L(theta') + |theta' - theta|^2 / (2 beta) of the update that a training step of one sample would make after t = 0 ... iterations of inference; computed for each sample by itself (batch 1), averaged over samples.
    void proximal_loss(Optimizer &optimizer, span<const float> inputs, span<const float> targets, std::int32_t iterations, span<const double> betas, span<double> results, std::int32_t samples = -1, std::int32_t count = -1);
    // The same with one class label per sample.
    void proximal_loss_labels(Optimizer &optimizer, span<const float> inputs, span<const std::int32_t> labels, std::int32_t iterations, span<const double> betas, span<double> results, std::int32_t samples = -1, std::int32_t count = -1);
    // Mean |e_l| of each node after t = 0 ... iterations of inference, over all units and samples: how the error comes down from the output node.
    void error_delay(span<const float> inputs, span<const float> targets, std::int32_t iterations, span<double> errors, std::int32_t samples = -1);
    // The same with one class label per sample.
    void error_delay_labels(span<const float> inputs, span<const std::int32_t> labels, std::int32_t iterations, span<double> errors, std::int32_t samples = -1);
    // Mean |change| of each block's weights and bias (pcil_optimizer_value's "magnitude") in the update that a training step of one batch would make after t = 0 ... iterations of inference.
    void update_magnitudes(Optimizer &optimizer, span<const float> inputs, span<const float> targets, std::int32_t iterations, span<double> magnitudes, std::int32_t batch = -1);
    // The same with one class label per sample.
    void update_magnitudes_labels(Optimizer &optimizer, span<const float> inputs, span<const std::int32_t> labels, std::int32_t iterations, span<double> magnitudes, std::int32_t batch = -1);
    // The change of all weights and biases that a training step from the present batch would make (pcil_learn), as one array: blocks in order, [weights][bias] each, pcil_network_parameters numbers.
    void update(Optimizer &optimizer, span<float> change, std::int64_t count = -1);
    // Inference in theorem 1's mode: as pcil_infer, but before each iteration the energy weights are set from closed forms, so that the update to come is the proximal step of beta.
    void theorem1_infer(const Optimizer &optimizer, double beta, const std::string &form, std::int32_t iterations);
    // The energy weights of theorem 1 for the present activities: what the next iteration of pcil_theorem1_infer would use.
    void theorem1_weights(const Optimizer &optimizer, double beta, const std::string &form, span<double> weights, span<double> decays);
    // How near the limit of theorem 1 the present batch is, in which the update makes the last hidden node's feed-forward activity what inference made of it: |activity - h'| / |activity - h|, h the feed-forward activity before the update and h' after it, over the whole batch. 0: the limit. 1: the update has brought it no nearer.
    double theorem1_gap(Optimizer &optimizer);
    // F of the present activities.
    double energy() const;
    // The terms of F that belong to one node; their sum over nodes 1 ... L is F.
    std::tuple<double, double, double> energy_node(std::int32_t node) const;
    // The same for each sample; the mean over the samples is what pcil_energy_node gives.
    void energy_samples(std::int32_t node, span<double> prediction = {}, span<double> decay = {}, span<double> loss = {}) const;
    // The loss of the present prediction against the target, averaged over the batch (sum over units): squared error / 2, cross-entropy or binary cross-entropy.
    double loss() const;
    // One optimizer step of every block from the present activities and errors.
    void learn(Optimizer &optimizer);
    // The gradient of one tensor from the present activities and errors, without a step.
    void gradient(const std::string &tensor, span<float> values, std::int64_t count = -1);
    // One training step: clamp, infer by the options, learn.
    void train_step(Optimizer &optimizer, span<const float> inputs, span<const float> targets, std::int32_t batch = -1, double *loss = nullptr);
    // The same with class labels; see pcil_clamp_labels.
    void train_step_labels(Optimizer &optimizer, span<const float> inputs, span<const std::int32_t> labels, std::int32_t batch = -1, double *loss = nullptr);
    // Scores a network on one walk through `batches` (from pcil_batches_begin on).
    std::tuple<double, double, double> evaluate(Batches &batches);
};

class Optimizer : public detail::Handle<pcil_optimizer> {
public:
    Optimizer(pcil_optimizer *pointer, void (*release)(pcil_optimizer *)) : Handle(pointer, release) {}
    // Reserves an optimizer's state for a network; no later call allocates but the first that sets clip_norm, which needs room for the largest block's whole gradient.
    static Optimizer create(Network &network, const std::string &kind);
    // The latest message of a failed call on this handle, "" if none.
    const char *error() const;
    // Sets an option by name; `learning_rate.2` is that of block 2 alone.
    void set(const std::string &name, double value);
    // The same with the value as text, needed where a word is the value ("cosine").
    void set_text(const std::string &name, const std::string &value);
    // Reads an option; words give their place in the option's list of words.
    double get(const std::string &name) const;
    // Training iterations made, b of the equations; -1 for NULL.
    std::int64_t iterations() const;
    // Reads a measured quantity of a block: "v" MQ's moving average of mean |G|, before the first step where it will start (other kinds: PCIL_ERROR_ARGUMENT) "rate" the scalar that multiplied G in the latest step: MQ's decayed (alpha/(v+r) + alpha_min), nlms's normalised rate, for others the decayed learning rate "magnitude" mean |change| over the block's weights and bias in the latest measured step (pcil_optimizer_measure); the step itself, before it is rounded into the weights A block without weights has a rate and a magnitude of 0.
    double value(const std::string &name, std::int32_t block) const;
    // Turns the measuring of update magnitudes on (1) or off (0, the default) for the steps that follow.
    void measure(std::int32_t on);
    // Forgets all state: momenta, averages, v, the count of iterations.
    void reset();
    // Bytes of state; -1 for NULL.
    std::int64_t memory() const;
};

class Dataset : public detail::Handle<pcil_dataset> {
public:
    Dataset(pcil_dataset *pointer, void (*release)(pcil_dataset *)) : Handle(pointer, release) {}
    // Opens one part of a data set.
    static Dataset open(const std::string &kind, const std::string &folder, const std::string &part);
    // Draws street-style digits: `count` colour images 32 x 32, image i the same for the same seed and i.
    static Dataset digits(std::int64_t count, std::uint64_t seed);
    // Wraps arrays of the caller, which must outlive the handle and stay unchanged.
    static Dataset memory(span<const float> inputs, std::int32_t channels, std::int32_t height, std::int32_t width, std::int32_t classes, std::int32_t target_size, span<const std::int32_t> labels = {}, span<const float> targets = {}, std::int64_t count = -1);
    // Splits a data set at random into two views on it; the data set must outlive both.
    std::tuple<Dataset, Dataset> split(double fraction, std::uint64_t seed);
    // A view on `count` images spread evenly over a data set, which must outlive it.
    Dataset limit(std::int64_t count);
    // The number of images; -1 for NULL.
    std::int64_t count() const;
    // The number of classes (0 if there are no labels); -1 for NULL.
    std::int32_t classes() const;
    // Features of a target (0 if there are none); -1 for NULL.
    std::int32_t target_size() const;
    // The name of a class, such as "airplane"; NULL if there is none.
    const char *class_name(std::int32_t label) const;
    // The images' shape.
    std::tuple<std::int32_t, std::int32_t, std::int32_t> shape() const;
    // Reads images as they are, without normalisation.
    void read(span<const std::int64_t> indices, std::int64_t count = -1, span<float> inputs = {}, span<std::int32_t> labels = {}, span<float> targets = {}) const;
    // Verifies a folder file by file: counts, sizes, label histogram, channel means and deviations, checksums of the official archives that lie in it.
    static std::string verify(const std::string &kind, const std::string &folder);
    // Writes a train and a test part into a new folder in the official layout of a kind, so that pcil_dataset_open reads them back.
    void write(const Dataset &test, const std::string &kind, const std::string &folder) const;
};

class Batches : public detail::Handle<pcil_batches> {
public:
    Batches(pcil_batches *pointer, void (*release)(pcil_batches *)) : Handle(pointer, release) {}
    // Makes a walk through a data set in batches.
    static Batches create(const Dataset &dataset, std::int32_t batch, std::uint64_t seed);
    // The latest message of a failed call on this handle, "" if none.
    const char *error() const;
    // Sets an option by name.
    void set(const std::string &name, double value);
    // The same with the value as text.
    void set_text(const std::string &name, const std::string &value);
    // Uses the mean and deviation of another data set for normalise=standard: the training part's for the test part.
    void normalise_like(const Dataset &reference);
    // Begins (again) at a batch of an epoch.
    void begin(std::int64_t epoch, std::int64_t first);
    // Gives the next batch.
    std::int32_t next(span<float> inputs, span<std::int32_t> labels = {}, span<float> targets = {});
    // Batches in an epoch; -1 for NULL.
    std::int64_t per_epoch() const;
};

class Traces : public detail::Handle<pcil_traces> {
public:
    Traces(pcil_traces *pointer, void (*release)(pcil_traces *)) : Handle(pointer, release) {}
    // Reserves all that tracing needs: a second set of activities and one block's gradient to compare with backpropagation's (not for kind "backprop"), and the sums.
    static Traces create(Inference &inference, Optimizer &optimizer);
    // The latest message of a failed call on this handle, "" if none.
    const char *error() const;
    // Infers by the options and learns, as pcil_infer and pcil_learn do, and adds what it measures to the sums.
    double step();
    // Steps traced since creation or the latest clear; -1 for NULL.
    std::int64_t steps() const;
    // How many iterations are told apart, iteration 0 (before the first) among them; -1 for NULL.
    std::int32_t iterations() const;
    // Reads a quantity (see above).
    double value(const std::string &name, std::int32_t place, std::int32_t iteration) const;
    // Forgets what was measured.
    void clear();
    // Bytes held; -1 for NULL.
    std::int64_t memory() const;
};

class Trainer : public detail::Handle<pcil_trainer> {
public:
    Trainer(pcil_trainer *pointer, void (*release)(pcil_trainer *)) : Handle(pointer, release) {}
    // Makes a trainer with default settings.
    static Trainer create();
    // The latest message of a failed call on this trainer, "" if none.
    const char *error() const;
    // Takes all settings of a recipe over the present ones.
    void recipe(const std::string &name);
    // Takes the settings of a JSON file over the present ones: an object of option names with numbers, texts, true/false, or an array of numbers for options that blocks or nodes have.
    void load(const std::string &path);
    // Sets one option from text.
    void set_text(const std::string &name, const std::string &value);
    // The same with a number.
    void set(const std::string &name, double value);
    // Reads an option as text (text convention of pcil.h).
    std::string get_text(const std::string &name) const;
    // Writes all settings that apply as JSON, with defaults, loadable (text convention of pcil.h).
    std::string settings() const;
    // Trains on the caller's data sets instead of those that the options "dataset" and "data" name.
    void data(Dataset &train, Dataset *test = nullptr);
    // Checks all settings together, opens the data, makes network, inference, optimizer.
    void prepare();
    // Goes on with a run that was ended or killed: takes all settings that the run in `folder` had, in place of the present ones, and has pcil_trainer_run go on from its newest checkpoint, to the bits that an unbroken run ends with (on the same build, BLAS, number of BLAS threads and processor; a change is a warning).
    void resume(const std::string &folder);
    // Sets the watch callback; NULL ends watching.
    void watch(std::function<std::int32_t(const Trainer &, pcil_event)> callback);
    // The latest warning, "" if none: a checkpoint that could not be written (the run goes on and tries again at the next), one that was damaged, a file of the run that was removed, a machine that is not the one the run began on.
    const char *warning() const;
    // Trains to the end.
    void run();
    // Reads a count or measurement of the run: "epoch" (from 1), "epochs", "batch" (of this epoch, from 1), "batches" (per epoch), "iteration" (in all), "samples", "seconds" (training time, without scoring), "data_wait_share" (the part of this process's that went into taking batches), "samples_per_second", "seconds_left", "batch_loss", "train_loss", "train_energy" (means since the last evaluation), "test_loss", "test_accuracy", "test_top5" (latest; NaN if not scored), "best_accuracy", "best_loss", "best_epoch", "update_magnitude.BLOCK" (mean since the last evaluation).
    double value(const std::string &name) const;
    // The trainer's network, made by pcil_trainer_prepare and owned by the trainer; NULL before.
    Network network();
    // The trainer's inference, likewise.
    Inference inference();
    // The trainer's optimizer, likewise.
    Optimizer optimizer();
    // The trainer's traces, likewise; those of an evaluation last until the next step.
    Traces traces() const;
    // The trainer's training data after limit and split, likewise.
    Dataset train_data();
    // The trainer's test data after limit, likewise; NULL if there is none.
    Dataset test_data();
};

inline const char *last_error() {
    return pcil_last_error();
}

inline const char *status_name(pcil_status status) {
    return pcil_status_name(status);
}

inline const char *version() {
    return pcil_version();
}

inline std::int32_t version_number() {
    return pcil_version_number();
}

inline const char *build_info(const std::string &topic) {
    return pcil_build_info(detail::terminated("pcil_build_info: topic", topic));
}

inline void set_threads(std::int32_t threads) {
    detail::check(pcil_set_threads(threads));
}

inline std::int32_t threads() {
    return pcil_threads();
}

inline std::int64_t memory_requests() {
    return pcil_memory_requests();
}

inline Network Network::create() {
    pcil_network *network = nullptr;
    detail::check(pcil_network_create(&network));
    Network network_(network, pcil_network_free);
    return network_;
}

inline Network Network::parse(const std::string &description) {
    pcil_network *network = nullptr;
    detail::check(pcil_network_parse(&network, detail::terminated("pcil_network_parse: description", description)));
    Network network_(network, pcil_network_free);
    return network_;
}

inline const char *Network::error() const {
    return pcil_network_error(handle());
}

inline void Network::input(std::int32_t channels, std::int32_t height, std::int32_t width) {
    detail::check(pcil_network_input(handle(), channels, height, width));
}

inline void Network::block() {
    detail::check(pcil_network_block(handle()));
}

inline void Network::join(std::int32_t from) {
    detail::check(pcil_network_join(handle(), from));
}

inline void Network::dense(std::int32_t units) {
    detail::check(pcil_network_dense(handle(), units));
}

inline void Network::operation(const std::string &text) {
    detail::check(pcil_network_operation(handle(), detail::terminated("pcil_network_operation: text", text)));
}

inline void Network::output(const std::string &kind) {
    detail::check(pcil_network_output(handle(), detail::terminated("pcil_network_output: kind", kind)));
}

inline void Network::finish() {
    detail::check(pcil_network_finish(handle()));
}

inline void Network::initialise(const std::string &kind, std::uint64_t seed) {
    detail::check(pcil_network_initialise(handle(), detail::terminated("pcil_network_initialise: kind", kind), seed));
}

inline std::string Network::describe() const {
    std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) { return pcil_network_describe(handle(), text_, capacity_, length_); });
    return made_text;
}

inline std::int32_t Network::blocks() const {
    return pcil_network_blocks(handle());
}

inline std::int32_t Network::nodes() const {
    return pcil_network_nodes(handle());
}

inline std::int64_t Network::node_size(std::int32_t node) const {
    return pcil_network_node_size(handle(), node);
}

inline std::tuple<std::int32_t, std::int32_t, std::int32_t> Network::node_shape(std::int32_t node) const {
    std::int32_t channels = 0;
    std::int32_t height = 0;
    std::int32_t width = 0;
    detail::check(pcil_network_node_shape(handle(), node, &channels, &height, &width));
    return std::tuple<std::int32_t, std::int32_t, std::int32_t>(channels, height, width);
}

inline const char *Network::output_kind() const {
    return pcil_network_output_kind(handle());
}

inline std::int64_t Network::parameters() const {
    return pcil_network_parameters(handle());
}

inline std::tuple<std::int32_t, std::int32_t, std::int64_t, std::string> Network::block_info(std::int32_t block) const {
    std::int32_t from = 0;
    std::int32_t to = 0;
    std::int64_t parameters = 0;
    std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) { return pcil_network_block_info(handle(), block, &from, &to, &parameters, text_, capacity_, length_); });
    return std::tuple<std::int32_t, std::int32_t, std::int64_t, std::string>(from, to, parameters, made_text);
}

inline std::int32_t Network::tensors() const {
    return pcil_network_tensors(handle());
}

inline const char *Network::tensor_name(std::int32_t index) const {
    return pcil_network_tensor_name(handle(), index);
}

inline std::int32_t Network::tensor_shape(const std::string &name, span<std::int64_t> shape) const {
    std::int32_t rank = 0;
    detail::holds("pcil_network_tensor_shape: shape", shape.data(), shape.size(), detail::product({4}), false);
    detail::check(pcil_network_tensor_shape(handle(), detail::terminated("pcil_network_tensor_shape: name", name), &rank, shape.data()));
    return rank;
}

inline void Network::get(const std::string &name, span<float> values, std::int64_t count) const {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_network_get: values", values.size(), detail::product({})));
    detail::holds("pcil_network_get: values", values.data(), values.size(), detail::product({count}), exact_count);
    detail::check(pcil_network_get(handle(), detail::terminated("pcil_network_get: name", name), values.data(), count));
}

inline void Network::set(const std::string &name, span<const float> values, std::int64_t count) {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_network_set: values", values.size(), detail::product({})));
    detail::holds("pcil_network_set: values", values.data(), values.size(), detail::product({count}), exact_count);
    detail::check(pcil_network_set(handle(), detail::terminated("pcil_network_set: name", name), values.data(), count));
}

inline void Network::save(const std::string &path, const char *metadata) const {
    detail::check(pcil_network_save(handle(), detail::terminated("pcil_network_save: path", path), metadata));
}

inline Network Network::load(const std::string &path) {
    pcil_network *network = nullptr;
    detail::check(pcil_network_load(&network, detail::terminated("pcil_network_load: path", path)));
    Network network_(network, pcil_network_free);
    return network_;
}

inline std::string Network::metadata(const std::string &path) {
    std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) { return pcil_network_metadata(detail::terminated("pcil_network_metadata: path", path), text_, capacity_, length_); });
    return made_text;
}

inline Inference Inference::create(Network &network, const std::string &kind, std::int32_t largest_batch) {
    pcil_inference *inference = nullptr;
    detail::check(pcil_inference_create(&inference, network.handle(), detail::terminated("pcil_inference_create: kind", kind), largest_batch));
    Inference inference_(inference, pcil_inference_free);
    inference_.network_ = network.handle();
    return inference_;
}

inline const char *Inference::error() const {
    return pcil_inference_error(handle());
}

inline void Inference::set(const std::string &name, double value) {
    detail::check(pcil_inference_set(handle(), detail::terminated("pcil_inference_set: name", name), value));
}

inline void Inference::set_text(const std::string &name, const std::string &value) {
    detail::check(pcil_inference_set_text(handle(), detail::terminated("pcil_inference_set_text: name", name), detail::terminated("pcil_inference_set_text: value", value)));
}

inline double Inference::get(const std::string &name) const {
    double value = 0;
    detail::check(pcil_inference_get(handle(), detail::terminated("pcil_inference_get: name", name), &value));
    return value;
}

inline void Inference::clamp(span<const float> inputs, span<const float> targets, std::int32_t batch) {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_clamp: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_clamp: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(network_, 0)}), exact_batch);
    detail::holds("pcil_clamp: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(network_)}), exact_batch);
    detail::check(pcil_clamp(handle(), inputs.data(), targets.data(), batch));
}

inline void Inference::clamp_labels(span<const float> inputs, span<const std::int32_t> labels, std::int32_t batch) {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_clamp_labels: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_clamp_labels: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(network_, 0)}), exact_batch);
    detail::holds("pcil_clamp_labels: labels", labels.data(), labels.size(), detail::product({batch}), exact_batch);
    detail::check(pcil_clamp_labels(handle(), inputs.data(), labels.data(), batch));
}

inline void Inference::infer(std::int32_t iterations, double *energy) {
    detail::check(pcil_infer(handle(), iterations, energy));
}

inline double Inference::residual(span<double> nodes, span<double> samples) {
    double all = 0;
    detail::holds("pcil_inference_residual: nodes", nodes.data(), nodes.size(), detail::product({pcil_network_nodes(network_)}), false);
    detail::holds("pcil_inference_residual: samples", samples.data(), samples.size(), detail::product({pcil_inference_batch(handle())}), false);
    detail::check(pcil_inference_residual(handle(), &all, nodes.data(), samples.data()));
    return all;
}

inline double Inference::settle(double tolerance, std::int32_t most) {
    double residual = 0;
    detail::check(pcil_settle(handle(), tolerance, most, &residual));
    return residual;
}

inline std::int32_t Inference::iterations() const {
    return pcil_inference_iterations(handle());
}

inline void Inference::trace(std::function<std::int32_t(std::int32_t, double, span<const double>)> callback) {
    struct Kept { decltype(callback) function; };
    const pcil_trace_callback called = [](void *user_, int32_t iteration_, double energy_, const double *errors_, int32_t nodes_) -> std::int32_t { return detail::guarded([&] { return static_cast<Kept *>(user_)->function(iteration_, energy_, span<const double>(errors_, static_cast<std::size_t>(nodes_))); }); };
    auto kept = std::make_shared<Kept>(Kept{std::move(callback)});
    detail::check(pcil_inference_trace(handle(), kept->function ? called : nullptr, kept.get()));
    callbacks_["pcil_trace_callback"] = kept;
}

inline void Inference::predict(span<const float> inputs, span<float> outputs, std::int64_t count) {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_predict: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_predict: inputs", inputs.data(), inputs.size(), detail::product({count, pcil_network_node_size(network_, 0)}), exact_count);
    detail::holds("pcil_predict: outputs", outputs.data(), outputs.size(), detail::product({count, detail::output_size(network_)}), exact_count);
    detail::check(pcil_predict(handle(), inputs.data(), count, outputs.data()));
}

inline std::int32_t Inference::batch() const {
    return pcil_inference_batch(handle());
}

inline void Inference::activity(std::int32_t node, span<float> values, std::int64_t count) const {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_inference_activity: values", values.size(), detail::product({})));
    detail::holds("pcil_inference_activity: values", values.data(), values.size(), detail::product({count}), exact_count);
    detail::check(pcil_inference_activity(handle(), node, values.data(), count));
}

inline void Inference::node_error(std::int32_t node, span<float> values, std::int64_t count) const {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_inference_node_error: values", values.size(), detail::product({})));
    detail::holds("pcil_inference_node_error: values", values.data(), values.size(), detail::product({count}), exact_count);
    detail::check(pcil_inference_node_error(handle(), node, values.data(), count));
}

inline void Inference::prediction(span<float> values, std::int64_t count) const {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_inference_prediction: values", values.size(), detail::product({})));
    detail::holds("pcil_inference_prediction: values", values.data(), values.size(), detail::product({count}), exact_count);
    detail::check(pcil_inference_prediction(handle(), values.data(), count));
}

inline double Inference::zero_share(std::int32_t node) const {
    double share = 0;
    detail::check(pcil_inference_zero_share(handle(), node, &share));
    return share;
}

inline std::int64_t Inference::products() const {
    return pcil_inference_products(handle());
}

inline std::tuple<std::int64_t, std::int64_t, std::int64_t> Inference::plan(std::int32_t block) const {
    std::int64_t forward = 0;
    std::int64_t backward = 0;
    std::int64_t gradient = 0;
    detail::check(pcil_inference_plan(handle(), block, &forward, &backward, &gradient));
    return std::tuple<std::int64_t, std::int64_t, std::int64_t>(forward, backward, gradient);
}

inline std::int64_t Inference::memory(const std::string &purpose) const {
    return pcil_inference_memory(handle(), detail::terminated("pcil_inference_memory: purpose", purpose));
}

inline void Inference::clock(std::int32_t on) {
    detail::check(pcil_inference_clock(handle(), on));
}

inline double Inference::seconds(const std::string &phase) const {
    return pcil_inference_seconds(handle(), detail::terminated("pcil_inference_seconds: phase", phase));
}

inline Optimizer Optimizer::create(Network &network, const std::string &kind) {
    pcil_optimizer *optimizer = nullptr;
    detail::check(pcil_optimizer_create(&optimizer, network.handle(), detail::terminated("pcil_optimizer_create: kind", kind)));
    Optimizer optimizer_(optimizer, pcil_optimizer_free);
    optimizer_.network_ = network.handle();
    return optimizer_;
}

inline const char *Optimizer::error() const {
    return pcil_optimizer_error(handle());
}

inline void Optimizer::set(const std::string &name, double value) {
    detail::check(pcil_optimizer_set(handle(), detail::terminated("pcil_optimizer_set: name", name), value));
}

inline void Optimizer::set_text(const std::string &name, const std::string &value) {
    detail::check(pcil_optimizer_set_text(handle(), detail::terminated("pcil_optimizer_set_text: name", name), detail::terminated("pcil_optimizer_set_text: value", value)));
}

inline double Optimizer::get(const std::string &name) const {
    double value = 0;
    detail::check(pcil_optimizer_get(handle(), detail::terminated("pcil_optimizer_get: name", name), &value));
    return value;
}

inline std::int64_t Optimizer::iterations() const {
    return pcil_optimizer_iterations(handle());
}

inline double Optimizer::value(const std::string &name, std::int32_t block) const {
    double value = 0;
    detail::check(pcil_optimizer_value(handle(), detail::terminated("pcil_optimizer_value: name", name), block, &value));
    return value;
}

inline void Optimizer::measure(std::int32_t on) {
    detail::check(pcil_optimizer_measure(handle(), on));
}

inline void Optimizer::reset() {
    detail::check(pcil_optimizer_reset(handle()));
}

inline std::int64_t Optimizer::memory() const {
    return pcil_optimizer_memory(handle());
}

inline void Inference::proximal_loss(Optimizer &optimizer, span<const float> inputs, span<const float> targets, std::int32_t iterations, span<const double> betas, span<double> results, std::int32_t samples, std::int32_t count) {
    const bool exact_samples = samples < 0;
    if (exact_samples) samples = static_cast<std::int32_t>(detail::counted("pcil_proximal_loss: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int32_t>(detail::counted("pcil_proximal_loss: betas", betas.size(), detail::product({})));
    detail::holds("pcil_proximal_loss: inputs", inputs.data(), inputs.size(), detail::product({samples, pcil_network_node_size(network_, 0)}), exact_samples);
    detail::holds("pcil_proximal_loss: targets", targets.data(), targets.size(), detail::product({samples, detail::output_size(network_)}), exact_samples);
    detail::holds("pcil_proximal_loss: betas", betas.data(), betas.size(), detail::product({count}), exact_count);
    detail::holds("pcil_proximal_loss: results", results.data(), results.size(), detail::product({iterations + 1, count}), false);
    detail::check(pcil_proximal_loss(handle(), optimizer.handle(), inputs.data(), targets.data(), samples, iterations, betas.data(), count, results.data()));
}

inline void Inference::proximal_loss_labels(Optimizer &optimizer, span<const float> inputs, span<const std::int32_t> labels, std::int32_t iterations, span<const double> betas, span<double> results, std::int32_t samples, std::int32_t count) {
    const bool exact_samples = samples < 0;
    if (exact_samples) samples = static_cast<std::int32_t>(detail::counted("pcil_proximal_loss_labels: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int32_t>(detail::counted("pcil_proximal_loss_labels: betas", betas.size(), detail::product({})));
    detail::holds("pcil_proximal_loss_labels: inputs", inputs.data(), inputs.size(), detail::product({samples, pcil_network_node_size(network_, 0)}), exact_samples);
    detail::holds("pcil_proximal_loss_labels: labels", labels.data(), labels.size(), detail::product({samples}), exact_samples);
    detail::holds("pcil_proximal_loss_labels: betas", betas.data(), betas.size(), detail::product({count}), exact_count);
    detail::holds("pcil_proximal_loss_labels: results", results.data(), results.size(), detail::product({iterations + 1, count}), false);
    detail::check(pcil_proximal_loss_labels(handle(), optimizer.handle(), inputs.data(), labels.data(), samples, iterations, betas.data(), count, results.data()));
}

inline void Inference::error_delay(span<const float> inputs, span<const float> targets, std::int32_t iterations, span<double> errors, std::int32_t samples) {
    const bool exact_samples = samples < 0;
    if (exact_samples) samples = static_cast<std::int32_t>(detail::counted("pcil_error_delay: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_error_delay: inputs", inputs.data(), inputs.size(), detail::product({samples, pcil_network_node_size(network_, 0)}), exact_samples);
    detail::holds("pcil_error_delay: targets", targets.data(), targets.size(), detail::product({samples, detail::output_size(network_)}), exact_samples);
    detail::holds("pcil_error_delay: errors", errors.data(), errors.size(), detail::product({iterations + 1, pcil_network_nodes(network_)}), false);
    detail::check(pcil_error_delay(handle(), inputs.data(), targets.data(), samples, iterations, errors.data()));
}

inline void Inference::error_delay_labels(span<const float> inputs, span<const std::int32_t> labels, std::int32_t iterations, span<double> errors, std::int32_t samples) {
    const bool exact_samples = samples < 0;
    if (exact_samples) samples = static_cast<std::int32_t>(detail::counted("pcil_error_delay_labels: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_error_delay_labels: inputs", inputs.data(), inputs.size(), detail::product({samples, pcil_network_node_size(network_, 0)}), exact_samples);
    detail::holds("pcil_error_delay_labels: labels", labels.data(), labels.size(), detail::product({samples}), exact_samples);
    detail::holds("pcil_error_delay_labels: errors", errors.data(), errors.size(), detail::product({iterations + 1, pcil_network_nodes(network_)}), false);
    detail::check(pcil_error_delay_labels(handle(), inputs.data(), labels.data(), samples, iterations, errors.data()));
}

inline void Inference::update_magnitudes(Optimizer &optimizer, span<const float> inputs, span<const float> targets, std::int32_t iterations, span<double> magnitudes, std::int32_t batch) {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_update_magnitudes: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_update_magnitudes: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(network_, 0)}), exact_batch);
    detail::holds("pcil_update_magnitudes: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(network_)}), exact_batch);
    detail::holds("pcil_update_magnitudes: magnitudes", magnitudes.data(), magnitudes.size(), detail::product({iterations + 1, pcil_network_blocks(network_)}), false);
    detail::check(pcil_update_magnitudes(handle(), optimizer.handle(), inputs.data(), targets.data(), batch, iterations, magnitudes.data()));
}

inline void Inference::update_magnitudes_labels(Optimizer &optimizer, span<const float> inputs, span<const std::int32_t> labels, std::int32_t iterations, span<double> magnitudes, std::int32_t batch) {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_update_magnitudes_labels: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_update_magnitudes_labels: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(network_, 0)}), exact_batch);
    detail::holds("pcil_update_magnitudes_labels: labels", labels.data(), labels.size(), detail::product({batch}), exact_batch);
    detail::holds("pcil_update_magnitudes_labels: magnitudes", magnitudes.data(), magnitudes.size(), detail::product({iterations + 1, pcil_network_blocks(network_)}), false);
    detail::check(pcil_update_magnitudes_labels(handle(), optimizer.handle(), inputs.data(), labels.data(), batch, iterations, magnitudes.data()));
}

inline void Inference::update(Optimizer &optimizer, span<float> change, std::int64_t count) {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_update: change", change.size(), detail::product({})));
    detail::holds("pcil_update: change", change.data(), change.size(), detail::product({count}), exact_count);
    detail::check(pcil_update(handle(), optimizer.handle(), change.data(), count));
}

inline std::tuple<double, double> Network::proximal_step(span<const float> inputs, span<const float> targets, double beta, double tolerance, std::int32_t most, span<float> change, std::int32_t batch, std::int64_t count) {
    double loss = 0;
    double norm = 0;
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_proximal_step: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_proximal_step: change", change.size(), detail::product({})));
    detail::holds("pcil_proximal_step: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_proximal_step: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_proximal_step: change", change.data(), change.size(), detail::product({count}), exact_count);
    detail::check(pcil_proximal_step(handle(), inputs.data(), targets.data(), batch, beta, tolerance, most, change.data(), count, &loss, &norm));
    return std::tuple<double, double>(loss, norm);
}

inline void Network::compare_updates(span<const float> a, span<const float> b, std::int64_t count, span<double> cosines, span<double> distances) const {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_compare_updates: a", a.size(), detail::product({})));
    detail::holds("pcil_compare_updates: a", a.data(), a.size(), detail::product({count}), exact_count);
    detail::holds("pcil_compare_updates: b", b.data(), b.size(), detail::product({count}), exact_count);
    detail::holds("pcil_compare_updates: cosines", cosines.data(), cosines.size(), detail::product({pcil_network_blocks(handle()) + 1}), false);
    detail::holds("pcil_compare_updates: distances", distances.data(), distances.size(), detail::product({pcil_network_blocks(handle()) + 1}), false);
    detail::check(pcil_compare_updates(handle(), a.data(), b.data(), count, cosines.data(), distances.data()));
}

inline double Network::loss_gradient(span<const float> inputs, span<const float> targets, span<double> gradient, std::int32_t batch, span<const double> change, std::int64_t count) const {
    double loss = 0;
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_loss_gradient: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_loss_gradient: gradient", gradient.size(), detail::product({})));
    detail::holds("pcil_loss_gradient: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_loss_gradient: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_loss_gradient: change", change.data(), change.size(), detail::product({count}), exact_count);
    detail::holds("pcil_loss_gradient: gradient", gradient.data(), gradient.size(), detail::product({count}), exact_count);
    detail::check(pcil_loss_gradient(handle(), inputs.data(), targets.data(), batch, change.data(), gradient.data(), count, &loss));
    return loss;
}

inline void Network::hessian_product(span<const float> inputs, span<const float> targets, span<const double> vector, span<double> product, std::int32_t batch, std::int64_t count) const {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_hessian_product: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_hessian_product: vector", vector.size(), detail::product({})));
    detail::holds("pcil_hessian_product: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_hessian_product: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_hessian_product: vector", vector.data(), vector.size(), detail::product({count}), exact_count);
    detail::holds("pcil_hessian_product: product", product.data(), product.size(), detail::product({count}), exact_count);
    detail::check(pcil_hessian_product(handle(), inputs.data(), targets.data(), batch, vector.data(), product.data(), count));
}

inline void Network::hessian(span<const float> inputs, span<const float> targets, span<double> hessian, std::int32_t batch, std::int64_t count) const {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_hessian: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(pcil_network_parameters(handle()));
    detail::holds("pcil_hessian: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_hessian: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_hessian: hessian", hessian.data(), hessian.size(), detail::product({count, count}), exact_count);
    detail::check(pcil_hessian(handle(), inputs.data(), targets.data(), batch, hessian.data(), count));
}

inline double Network::hessian_norm(span<const float> inputs, span<const float> targets, double tolerance, std::int32_t most, std::int32_t batch) const {
    double norm = 0;
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_hessian_norm: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    detail::holds("pcil_hessian_norm: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_hessian_norm: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::check(pcil_hessian_norm(handle(), inputs.data(), targets.data(), batch, tolerance, most, &norm));
    return norm;
}

inline void Network::second_order_step(span<const float> inputs, span<const float> targets, double beta, span<double> step, std::int32_t batch, std::int64_t count) const {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_second_order_step: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_second_order_step: step", step.size(), detail::product({})));
    detail::holds("pcil_second_order_step: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_second_order_step: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_second_order_step: step", step.data(), step.size(), detail::product({count}), exact_count);
    detail::check(pcil_second_order_step(handle(), inputs.data(), targets.data(), batch, beta, step.data(), count));
}

inline void Network::implicit_step(span<const float> inputs, span<const float> targets, double beta, span<double> step, std::int32_t batch, std::int64_t count) const {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_implicit_step: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_implicit_step: step", step.size(), detail::product({})));
    detail::holds("pcil_implicit_step: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_implicit_step: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_implicit_step: step", step.data(), step.size(), detail::product({count}), exact_count);
    detail::check(pcil_implicit_step(handle(), inputs.data(), targets.data(), batch, beta, step.data(), count));
}

inline double Network::theorem2(span<const float> inputs, span<const float> targets, span<const double> betas, span<double> second_order, span<double> first_order, std::int32_t batch, std::int32_t count) const {
    double norm = 0;
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_theorem2: inputs", inputs.size(), detail::product({pcil_network_node_size(handle(), 0)})));
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int32_t>(detail::counted("pcil_theorem2: betas", betas.size(), detail::product({})));
    detail::holds("pcil_theorem2: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(handle(), 0)}), exact_batch);
    detail::holds("pcil_theorem2: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(handle())}), exact_batch);
    detail::holds("pcil_theorem2: betas", betas.data(), betas.size(), detail::product({count}), exact_count);
    detail::holds("pcil_theorem2: second_order", second_order.data(), second_order.size(), detail::product({count}), exact_count);
    detail::holds("pcil_theorem2: first_order", first_order.data(), first_order.size(), detail::product({count}), exact_count);
    detail::check(pcil_theorem2(handle(), inputs.data(), targets.data(), batch, betas.data(), count, second_order.data(), first_order.data(), &norm));
    return norm;
}

inline double log_slope(span<const double> x, span<const double> y, std::int32_t count = -1) {
    double slope = 0;
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int32_t>(detail::counted("pcil_log_slope: x", x.size(), detail::product({})));
    detail::holds("pcil_log_slope: x", x.data(), x.size(), detail::product({count}), exact_count);
    detail::holds("pcil_log_slope: y", y.data(), y.size(), detail::product({count}), exact_count);
    detail::check(pcil_log_slope(x.data(), y.data(), count, &slope));
    return slope;
}

inline void Inference::theorem1_infer(const Optimizer &optimizer, double beta, const std::string &form, std::int32_t iterations) {
    detail::check(pcil_theorem1_infer(handle(), optimizer.handle(), beta, detail::terminated("pcil_theorem1_infer: form", form), iterations));
}

inline void Inference::theorem1_weights(const Optimizer &optimizer, double beta, const std::string &form, span<double> weights, span<double> decays) {
    detail::holds("pcil_theorem1_weights: weights", weights.data(), weights.size(), detail::product({pcil_network_nodes(network_)}), false);
    detail::holds("pcil_theorem1_weights: decays", decays.data(), decays.size(), detail::product({pcil_network_nodes(network_)}), false);
    detail::check(pcil_theorem1_weights(handle(), optimizer.handle(), beta, detail::terminated("pcil_theorem1_weights: form", form), weights.data(), decays.data()));
}

inline double Inference::theorem1_gap(Optimizer &optimizer) {
    double gap = 0;
    detail::check(pcil_theorem1_gap(handle(), optimizer.handle(), &gap));
    return gap;
}

inline void Network::save_arrays(const std::string &path, const std::string &format, const char *names) const {
    detail::check(pcil_network_save_arrays(handle(), detail::terminated("pcil_network_save_arrays: path", path), detail::terminated("pcil_network_save_arrays: format", format), names));
}

inline void Network::load_arrays(const std::string &path, const std::string &format, const char *names) {
    detail::check(pcil_network_load_arrays(handle(), detail::terminated("pcil_network_load_arrays: path", path), detail::terminated("pcil_network_load_arrays: format", format), names));
}

inline Dataset Dataset::open(const std::string &kind, const std::string &folder, const std::string &part) {
    pcil_dataset *dataset = nullptr;
    detail::check(pcil_dataset_open(&dataset, detail::terminated("pcil_dataset_open: kind", kind), detail::terminated("pcil_dataset_open: folder", folder), detail::terminated("pcil_dataset_open: part", part)));
    Dataset dataset_(dataset, pcil_dataset_free);
    return dataset_;
}

inline Dataset Dataset::digits(std::int64_t count, std::uint64_t seed) {
    pcil_dataset *dataset = nullptr;
    detail::check(pcil_dataset_digits(&dataset, count, seed));
    Dataset dataset_(dataset, pcil_dataset_free);
    return dataset_;
}

inline Dataset Dataset::memory(span<const float> inputs, std::int32_t channels, std::int32_t height, std::int32_t width, std::int32_t classes, std::int32_t target_size, span<const std::int32_t> labels, span<const float> targets, std::int64_t count) {
    pcil_dataset *dataset = nullptr;
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_dataset_memory: inputs", inputs.size(), detail::product({height, width, channels})));
    detail::holds("pcil_dataset_memory: inputs", inputs.data(), inputs.size(), detail::product({count, height, width, channels}), exact_count);
    detail::holds("pcil_dataset_memory: labels", labels.data(), labels.size(), detail::product({count}), exact_count);
    detail::holds("pcil_dataset_memory: targets", targets.data(), targets.size(), detail::product({count, target_size}), exact_count);
    detail::check(pcil_dataset_memory(&dataset, inputs.data(), labels.data(), targets.data(), count, channels, height, width, classes, target_size));
    Dataset dataset_(dataset, pcil_dataset_free);
    return dataset_;
}

inline std::tuple<Dataset, Dataset> Dataset::split(double fraction, std::uint64_t seed) {
    pcil_dataset *first = nullptr;
    pcil_dataset *second = nullptr;
    detail::check(pcil_dataset_split(handle(), fraction, seed, &first, &second));
    Dataset first_(first, pcil_dataset_free);
    Dataset second_(second, pcil_dataset_free);
    return std::tuple<Dataset, Dataset>(std::move(first_), std::move(second_));
}

inline Dataset Dataset::limit(std::int64_t count) {
    pcil_dataset *view = nullptr;
    detail::check(pcil_dataset_limit(handle(), count, &view));
    Dataset view_(view, pcil_dataset_free);
    return view_;
}

inline std::int64_t Dataset::count() const {
    return pcil_dataset_count(handle());
}

inline std::int32_t Dataset::classes() const {
    return pcil_dataset_classes(handle());
}

inline std::int32_t Dataset::target_size() const {
    return pcil_dataset_target_size(handle());
}

inline const char *Dataset::class_name(std::int32_t label) const {
    return pcil_dataset_class_name(handle(), label);
}

inline std::tuple<std::int32_t, std::int32_t, std::int32_t> Dataset::shape() const {
    std::int32_t channels = 0;
    std::int32_t height = 0;
    std::int32_t width = 0;
    detail::check(pcil_dataset_shape(handle(), &channels, &height, &width));
    return std::tuple<std::int32_t, std::int32_t, std::int32_t>(channels, height, width);
}

inline void Dataset::read(span<const std::int64_t> indices, std::int64_t count, span<float> inputs, span<std::int32_t> labels, span<float> targets) const {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_dataset_read: indices", indices.size(), detail::product({})));
    detail::holds("pcil_dataset_read: indices", indices.data(), indices.size(), detail::product({count}), exact_count);
    detail::holds("pcil_dataset_read: inputs", inputs.data(), inputs.size(), detail::product({count, detail::picture(handle(), 1), detail::picture(handle(), 2), detail::picture(handle(), 0)}), exact_count);
    detail::holds("pcil_dataset_read: labels", labels.data(), labels.size(), detail::product({count}), exact_count);
    detail::holds("pcil_dataset_read: targets", targets.data(), targets.size(), detail::product({count, pcil_dataset_target_size(handle())}), exact_count);
    detail::check(pcil_dataset_read(handle(), indices.data(), count, inputs.data(), labels.data(), targets.data()));
}

inline std::string Dataset::verify(const std::string &kind, const std::string &folder) {
    std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) { return pcil_dataset_verify(detail::terminated("pcil_dataset_verify: kind", kind), detail::terminated("pcil_dataset_verify: folder", folder), text_, capacity_, length_); });
    return made_text;
}

inline void Dataset::write(const Dataset &test, const std::string &kind, const std::string &folder) const {
    detail::check(pcil_dataset_write(handle(), test.handle(), detail::terminated("pcil_dataset_write: kind", kind), detail::terminated("pcil_dataset_write: folder", folder)));
}

inline Batches Batches::create(const Dataset &dataset, std::int32_t batch, std::uint64_t seed) {
    pcil_batches *batches = nullptr;
    detail::check(pcil_batches_create(&batches, dataset.handle(), batch, seed));
    Batches batches_(batches, pcil_batches_free);
    batches_.dataset_ = dataset.handle();
    batches_.batch_ = batch;
    return batches_;
}

inline const char *Batches::error() const {
    return pcil_batches_error(handle());
}

inline void Batches::set(const std::string &name, double value) {
    detail::check(pcil_batches_set(handle(), detail::terminated("pcil_batches_set: name", name), value));
}

inline void Batches::set_text(const std::string &name, const std::string &value) {
    detail::check(pcil_batches_set_text(handle(), detail::terminated("pcil_batches_set_text: name", name), detail::terminated("pcil_batches_set_text: value", value)));
}

inline void Batches::normalise_like(const Dataset &reference) {
    detail::check(pcil_batches_normalise_like(handle(), reference.handle()));
}

inline void Batches::begin(std::int64_t epoch, std::int64_t first) {
    detail::check(pcil_batches_begin(handle(), epoch, first));
}

inline std::int32_t Batches::next(span<float> inputs, span<std::int32_t> labels, span<float> targets) {
    std::int32_t count = 0;
    detail::holds("pcil_batches_next: inputs", inputs.data(), inputs.size(), detail::product({batch_, detail::picture(dataset_, 1), detail::picture(dataset_, 2), detail::picture(dataset_, 0)}), false);
    detail::holds("pcil_batches_next: labels", labels.data(), labels.size(), detail::product({batch_}), false);
    detail::holds("pcil_batches_next: targets", targets.data(), targets.size(), detail::product({batch_, pcil_dataset_target_size(dataset_)}), false);
    detail::check(pcil_batches_next(handle(), inputs.data(), labels.data(), targets.data(), &count));
    return count;
}

inline std::int64_t Batches::per_epoch() const {
    return pcil_batches_per_epoch(handle());
}

inline double Inference::energy() const {
    double energy = 0;
    detail::check(pcil_energy(handle(), &energy));
    return energy;
}

inline std::tuple<double, double, double> Inference::energy_node(std::int32_t node) const {
    double prediction = 0;
    double decay = 0;
    double loss = 0;
    detail::check(pcil_energy_node(handle(), node, &prediction, &decay, &loss));
    return std::tuple<double, double, double>(prediction, decay, loss);
}

inline void Inference::energy_samples(std::int32_t node, span<double> prediction, span<double> decay, span<double> loss) const {
    detail::holds("pcil_energy_samples: prediction", prediction.data(), prediction.size(), detail::product({pcil_inference_batch(handle())}), false);
    detail::holds("pcil_energy_samples: decay", decay.data(), decay.size(), detail::product({pcil_inference_batch(handle())}), false);
    detail::holds("pcil_energy_samples: loss", loss.data(), loss.size(), detail::product({pcil_inference_batch(handle())}), false);
    detail::check(pcil_energy_samples(handle(), node, prediction.data(), decay.data(), loss.data()));
}

inline double Inference::loss() const {
    double loss = 0;
    detail::check(pcil_loss(handle(), &loss));
    return loss;
}

inline void image_write(const std::string &path, span<const std::uint8_t> pixels, std::int32_t channels, std::int32_t height, std::int32_t width) {
    detail::holds("pcil_image_write: pixels", pixels.data(), pixels.size(), detail::product({height, width, channels}), false);
    detail::check(pcil_image_write(detail::terminated("pcil_image_write: path", path), pixels.data(), channels, height, width));
}

inline void image_read(const std::string &path, span<std::uint8_t> pixels, std::int32_t channels, std::int32_t height, std::int32_t width) {
    detail::holds("pcil_image_read: pixels", pixels.data(), pixels.size(), detail::product({height, width, channels}), false);
    detail::check(pcil_image_read(detail::terminated("pcil_image_read: path", path), pixels.data(), channels, height, width));
}

inline void image_sheet(const std::string &path, span<const std::uint8_t> pixels, std::int32_t channels, std::int32_t height, std::int32_t width, std::int32_t columns, std::int32_t scale, span<const char *const> captions = {}, std::int32_t count = -1, const char *title = nullptr) {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int32_t>(detail::counted("pcil_image_sheet: pixels", pixels.size(), detail::product({height, width, channels})));
    detail::holds("pcil_image_sheet: pixels", pixels.data(), pixels.size(), detail::product({count, height, width, channels}), exact_count);
    detail::holds("pcil_image_sheet: captions", captions.data(), captions.size(), detail::product({count}), exact_count);
    detail::check(pcil_image_sheet(detail::terminated("pcil_image_sheet: path", path), pixels.data(), captions.data(), count, channels, height, width, columns, scale, title));
}

inline std::int32_t family_count() {
    return pcil_family_count();
}

inline const char *family_name(std::int32_t index) {
    return pcil_family_name(index);
}

inline std::int32_t kind_count(const std::string &family) {
    return pcil_kind_count(detail::terminated("pcil_kind_count: family", family));
}

inline const char *kind_name(const std::string &family, std::int32_t index) {
    return pcil_kind_name(detail::terminated("pcil_kind_name: family", family), index);
}

inline const char *kind_help(const std::string &family, const std::string &kind) {
    return pcil_kind_help(detail::terminated("pcil_kind_help: family", family), detail::terminated("pcil_kind_help: kind", kind));
}

inline std::int32_t option_count(const std::string &family, const std::string &kind) {
    return pcil_option_count(detail::terminated("pcil_option_count: family", family), detail::terminated("pcil_option_count: kind", kind));
}

inline const char *option_name(const std::string &family, const std::string &kind, std::int32_t index) {
    return pcil_option_name(detail::terminated("pcil_option_name: family", family), detail::terminated("pcil_option_name: kind", kind), index);
}

inline std::tuple<std::string, std::string, double, double, std::string, std::string> option_describe(const std::string &family, const std::string &kind, const std::string &option) {
    const char *type = "";
    const char *initial = "";
    double least = 0;
    double most = 0;
    const char *words = "";
    const char *help = "";
    detail::check(pcil_option_describe(detail::terminated("pcil_option_describe: family", family), detail::terminated("pcil_option_describe: kind", kind), detail::terminated("pcil_option_describe: option", option), &type, &initial, &least, &most, &words, &help));
    return std::tuple<std::string, std::string, double, double, std::string, std::string>(type, initial, least, most, words, help);
}

inline void Inference::learn(Optimizer &optimizer) {
    detail::check(pcil_learn(handle(), optimizer.handle()));
}

inline void Inference::gradient(const std::string &tensor, span<float> values, std::int64_t count) {
    const bool exact_count = count < 0;
    if (exact_count) count = static_cast<std::int64_t>(detail::counted("pcil_gradient: values", values.size(), detail::product({})));
    detail::holds("pcil_gradient: values", values.data(), values.size(), detail::product({count}), exact_count);
    detail::check(pcil_gradient(handle(), detail::terminated("pcil_gradient: tensor", tensor), values.data(), count));
}

inline void Inference::train_step(Optimizer &optimizer, span<const float> inputs, span<const float> targets, std::int32_t batch, double *loss) {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_train_step: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_train_step: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(network_, 0)}), exact_batch);
    detail::holds("pcil_train_step: targets", targets.data(), targets.size(), detail::product({batch, detail::output_size(network_)}), exact_batch);
    detail::check(pcil_train_step(handle(), optimizer.handle(), inputs.data(), targets.data(), batch, loss));
}

inline void Inference::train_step_labels(Optimizer &optimizer, span<const float> inputs, span<const std::int32_t> labels, std::int32_t batch, double *loss) {
    const bool exact_batch = batch < 0;
    if (exact_batch) batch = static_cast<std::int32_t>(detail::counted("pcil_train_step_labels: inputs", inputs.size(), detail::product({pcil_network_node_size(network_, 0)})));
    detail::holds("pcil_train_step_labels: inputs", inputs.data(), inputs.size(), detail::product({batch, pcil_network_node_size(network_, 0)}), exact_batch);
    detail::holds("pcil_train_step_labels: labels", labels.data(), labels.size(), detail::product({batch}), exact_batch);
    detail::check(pcil_train_step_labels(handle(), optimizer.handle(), inputs.data(), labels.data(), batch, loss));
}

inline Traces Traces::create(Inference &inference, Optimizer &optimizer) {
    pcil_traces *traces = nullptr;
    detail::check(pcil_traces_create(&traces, inference.handle(), optimizer.handle()));
    Traces traces_(traces, pcil_traces_free);
    return traces_;
}

inline const char *Traces::error() const {
    return pcil_traces_error(handle());
}

inline double Traces::step() {
    double energy = 0;
    detail::check(pcil_traces_step(handle(), &energy));
    return energy;
}

inline std::int64_t Traces::steps() const {
    return pcil_traces_steps(handle());
}

inline std::int32_t Traces::iterations() const {
    return pcil_traces_iterations(handle());
}

inline double Traces::value(const std::string &name, std::int32_t place, std::int32_t iteration) const {
    double value = 0;
    detail::check(pcil_traces_value(handle(), detail::terminated("pcil_traces_value: name", name), place, iteration, &value));
    return value;
}

inline void Traces::clear() {
    detail::check(pcil_traces_clear(handle()));
}

inline std::int64_t Traces::memory() const {
    return pcil_traces_memory(handle());
}

inline Trainer Trainer::create() {
    pcil_trainer *trainer = nullptr;
    detail::check(pcil_trainer_create(&trainer));
    Trainer trainer_(trainer, pcil_trainer_free);
    return trainer_;
}

inline const char *Trainer::error() const {
    return pcil_trainer_error(handle());
}

inline void Trainer::recipe(const std::string &name) {
    detail::check(pcil_trainer_recipe(handle(), detail::terminated("pcil_trainer_recipe: name", name)));
}

inline void Trainer::load(const std::string &path) {
    detail::check(pcil_trainer_load(handle(), detail::terminated("pcil_trainer_load: path", path)));
}

inline void Trainer::set_text(const std::string &name, const std::string &value) {
    detail::check(pcil_trainer_set_text(handle(), detail::terminated("pcil_trainer_set_text: name", name), detail::terminated("pcil_trainer_set_text: value", value)));
}

inline void Trainer::set(const std::string &name, double value) {
    detail::check(pcil_trainer_set(handle(), detail::terminated("pcil_trainer_set: name", name), value));
}

inline std::string Trainer::get_text(const std::string &name) const {
    std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) { return pcil_trainer_get_text(handle(), detail::terminated("pcil_trainer_get_text: name", name), text_, capacity_, length_); });
    return made_text;
}

inline std::string Trainer::settings() const {
    std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) { return pcil_trainer_settings(handle(), text_, capacity_, length_); });
    return made_text;
}

inline void Trainer::data(Dataset &train, Dataset *test) {
    detail::check(pcil_trainer_data(handle(), train.handle(), test ? test->handle() : nullptr));
}

inline void Trainer::prepare() {
    detail::check(pcil_trainer_prepare(handle()));
}

inline void Trainer::resume(const std::string &folder) {
    detail::check(pcil_trainer_resume(handle(), detail::terminated("pcil_trainer_resume: folder", folder)));
}

inline void Trainer::watch(std::function<std::int32_t(const Trainer &, pcil_event)> callback) {
    struct Kept { decltype(callback) function; };
    const pcil_watch_callback called = [](void *user_, const pcil_trainer *trainer_, pcil_event event_) -> std::int32_t { return detail::guarded([&] { return static_cast<Kept *>(user_)->function(Trainer(const_cast<pcil_trainer *>(trainer_), nullptr), event_); }); };
    auto kept = std::make_shared<Kept>(Kept{std::move(callback)});
    detail::check(pcil_trainer_watch(handle(), kept->function ? called : nullptr, kept.get()));
    callbacks_["pcil_watch_callback"] = kept;
}

inline const char *Trainer::warning() const {
    return pcil_trainer_warning(handle());
}

inline void Trainer::run() {
    detail::check(pcil_trainer_run(handle()));
}

inline double Trainer::value(const std::string &name) const {
    double value = 0;
    detail::check(pcil_trainer_value(handle(), detail::terminated("pcil_trainer_value: name", name), &value));
    return value;
}

inline Network Trainer::network() {
    Network borrowed(pcil_trainer_network(handle()), nullptr);
    borrowed.network_ = pcil_trainer_network(handle());
    return borrowed;
}

inline Inference Trainer::inference() {
    Inference borrowed(pcil_trainer_inference(handle()), nullptr);
    borrowed.network_ = pcil_trainer_network(handle());
    return borrowed;
}

inline Optimizer Trainer::optimizer() {
    Optimizer borrowed(pcil_trainer_optimizer(handle()), nullptr);
    borrowed.network_ = pcil_trainer_network(handle());
    return borrowed;
}

inline Traces Trainer::traces() const {
    Traces borrowed(const_cast<pcil_traces *>(pcil_trainer_traces(handle())), nullptr);
    borrowed.network_ = pcil_trainer_network(handle());
    return borrowed;
}

inline Dataset Trainer::train_data() {
    Dataset borrowed(const_cast<pcil_dataset *>(pcil_trainer_train_data(handle())), nullptr);
    borrowed.network_ = pcil_trainer_network(handle());
    return borrowed;
}

inline Dataset Trainer::test_data() {
    Dataset borrowed(const_cast<pcil_dataset *>(pcil_trainer_test_data(handle())), nullptr);
    borrowed.network_ = pcil_trainer_network(handle());
    return borrowed;
}

inline std::tuple<double, double, double> Inference::evaluate(Batches &batches) {
    double loss = 0;
    double accuracy = 0;
    double top5 = 0;
    detail::check(pcil_evaluate(handle(), batches.handle(), &loss, &accuracy, &top5));
    return std::tuple<double, double, double>(loss, accuracy, top5);
}

} // namespace pcil

#endif
