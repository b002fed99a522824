/*
 * Networks: value nodes 0 ... L and the blocks between them. A block predicts its `to` node from its `from` node by a
 * short list of operations; in a chain block l goes from node l to node l + 1, and a node may have further blocks from
 * earlier nodes, whose predictions add up. A network holds the weights; activities and errors live in a
 * pcil_inference, so that several may share one network.
 *
 * The text description of a network is an input shape, nodes, and an output kind, separated by `;`. A node is the
 * operations of the block to it from the node before, joined by `,`; further blocks follow behind `+`:
 *
 *   "3x32x32; dense 1024; relu, dense 1024; relu, dense 10; softmax"       nodes hold pre-activations
 *   "3x32x32; conv 64 5x5/2, relu; conv 128 5x5/2, relu; dense 10; softmax" nodes hold activations
 *   "64; dense 64; relu, dense 64 + from 1; dense 10 + from 0: dense 10"   skip connections; "from 1" copies node 1
 *
 * The input is CHANNELSxHEIGHTxWIDTH or a number of features. Without an output kind it is "linear".
 * An operation is a name, then its sizes, then any of its options as name=value.
 *
 * Operations (pcil_option_* of family "operation"): dense UNITS; conv CHANNELS HEIGHTxWIDTH[/STRIDE] [padding=P];
 * max_pool and avg_pool HEIGHTxWIDTH[/STRIDE] [padding=P]; identity, relu, leaky_relu [slope=S], tanh, sigmoid, gelu.
 * Weights are "weight" [inputs][units], of conv [kernel height][kernel width][input channels][channels], and "bias".
 */
#ifndef PCIL_NETWORK_H
#define PCIL_NETWORK_H

#include "pcil/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network: its shape and its weights. */
typedef struct pcil_network pcil_network;

/**
 * Makes an empty network, to be built by pcil_network_input ... pcil_network_finish.
 *
 * @param network receives the handle; free it with pcil_network_free. Not NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_create(pcil_network **network);

/**
 * Makes a finished network from a text description (see above), by the same calls that follow.
 *
 * @param network     receives the handle. Not NULL; untouched on failure.
 * @param description at most 64 KiB of UTF-8.
 * @return PCIL_OK; PCIL_ERROR_FORMAT with a message that shows the place by a caret; PCIL_ERROR_ARGUMENT for sizes out
 *         of range; PCIL_ERROR_MEMORY. Weights start as pcil_network_initialise(network, "fan_in", 0). @since 0.1
 */
pcil_status pcil_network_parse(pcil_network **network, const char *description);

/** Frees a network; no pcil_inference or pcil_optimizer of it may be used afterwards. NULL is fine. @since 0.1 */
void pcil_network_free(pcil_network *network);

/** The latest message of a failed call on this network, "" if none. NULL gives "". @since 0.1 */
const char *pcil_network_error(const pcil_network *network);

/**
 * Sets the shape of node 0, [height][width][channels]. Plain features: channels = features, height = width = 1.
 *
 * @param channels, height, width each 1 ... 2^31-1, their product too.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE if blocks exist or the network is finished. @since 0.1
 */
pcil_status pcil_network_input(pcil_network *network, int32_t channels, int32_t height, int32_t width);

/**
 * Begins a block, from the newest node to a new one; operations are then added to it.
 *
 * @return PCIL_OK; PCIL_ERROR_STATE without an input, after an empty block, or if finished;
 *         PCIL_ERROR_ARGUMENT beyond 4096 blocks; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_block(pcil_network *network);

/**
 * Begins another block to the newest node, from an earlier one: a skip connection. The node's prediction is the sum of
 * its blocks, which must give the same shape; add "identity" for a plain copy.
 *
 * @param from a node before the newest one.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT: no such node, or the block before gives another shape than its node has;
 *         PCIL_ERROR_STATE without a whole block before, or if finished; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_join(pcil_network *network, int32_t from);

/**
 * Adds a dense operation, p = x W + b, to the newest block. x is flattened.
 * W is stored [inputs][units] (the transpose of the W_l of the paper's equations), b [units].
 *
 * @param units 1 ... 2^31-1.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE outside a block; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_dense(pcil_network *network, int32_t units);

/**
 * Adds any operation by its text, such as "relu", "leaky_relu slope=0.1", "dense 1024".
 *
 * @return as pcil_network_dense; PCIL_ERROR_FORMAT if the text does not parse. @since 0.1
 */
pcil_status pcil_network_operation(pcil_network *network, const char *text);

/**
 * Sets the output kind: "linear" (Gaussian), "softmax" (classes), "sigmoid" (reconstruction). Default "linear".
 *
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT for an unknown kind (lists the known); PCIL_ERROR_STATE if finished. @since 0.1
 */
pcil_status pcil_network_output(pcil_network *network, const char *kind);

/**
 * Ends building: checks the whole, reserves the weights and initialises them by "fan_in" with seed 0.
 *
 * @return PCIL_OK; PCIL_ERROR_STATE if there is no block, or the newest one is empty; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_finish(pcil_network *network);

/**
 * Draws all weights anew.
 *
 * @param kind "fan_in" (weights and biases uniform in +-1/sqrt(fan_in), the paper's), "xavier" (Glorot uniform, biases
 * 0), "he" (normal, variance 2/fan_in, biases 0) or "orthogonal" (biases 0).
 * @param seed any; the same seed gives the same weights.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE if not finished; PCIL_ERROR_MEMORY (orthogonal). @since 0.1
 */
pcil_status pcil_network_initialise(pcil_network *network, const char *kind, uint64_t seed);

/**
 * Writes the network's description; a finished network's parses to the same network.
 *
 * @param text, capacity, length the text convention of pcil.h.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1
 */
pcil_status pcil_network_describe(const pcil_network *network, char *text, int64_t capacity, int64_t *length);

/** The number of blocks; -1 for NULL. @since 0.1 */
int32_t pcil_network_blocks(const pcil_network *network);

/** The number of nodes, the input among them; -1 for NULL. @since 0.1 */
int32_t pcil_network_nodes(const pcil_network *network);

/** Features of a node (height * width * channels); -1 if there is no such node. Node 0 is the input. @since 0.1 */
int64_t pcil_network_node_size(const pcil_network *network, int32_t node);

/**
 * The shape of a node.
 *
 * @param channels, height, width receive it; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT if there is no such node. @since 0.1
 */
pcil_status pcil_network_node_shape(const pcil_network *network, int32_t node, int32_t *channels, int32_t *height,
                                    int32_t *width);

/** The output kind's name, constant; NULL for NULL. @since 0.1 */
const char *pcil_network_output_kind(const pcil_network *network);

/** All learned numbers, weights and biases; -1 for NULL. @since 0.1 */
int64_t pcil_network_parameters(const pcil_network *network);

/**
 * Describes one block: which nodes it joins, how many learned numbers it has, its operations as text.
 *
 * @param from, to, parameters receive what it joins and the count; may be NULL.
 * @param text, capacity, length the text convention of pcil.h.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1
 */
pcil_status pcil_network_block_info(const pcil_network *network, int32_t block, int32_t *from, int32_t *to,
                                    int64_t *parameters, char *text, int64_t capacity, int64_t *length);

/** The number of named tensors; -1 for NULL or an unfinished network. @since 0.1 */
int32_t pcil_network_tensors(const pcil_network *network);

/** The name of tensor `index`, such as "block0.dense.weight"; NULL if there is none. Lives as long as the network.
 * @since 0.1 */
const char *pcil_network_tensor_name(const pcil_network *network, int32_t index);

/**
 * The shape of a named tensor.
 *
 * @param rank  receives the number of dimensions, at most 4; may be NULL.
 * @param shape receives them, outermost first; room for 4; may be NULL.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT for an unknown name (lists the known). @since 0.1
 */
pcil_status pcil_network_tensor_shape(const pcil_network *network, const char *name, int32_t *rank, int64_t *shape);

/**
 * Copies a tensor out.
 *
 * @param values receives `count` numbers; count must be the tensor's size.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT. @since 0.1
 */
pcil_status pcil_network_get(const pcil_network *network, const char *name, float *values, int64_t count);

/**
 * Copies a tensor in.
 *
 * @param values `count` finite numbers; count must be the tensor's size.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (a value that is not finite is named by its place; nothing changed). @since 0.1
 */
pcil_status pcil_network_set(pcil_network *network, const char *name, const float *values, int64_t count);

/**
 * Saves description and weights as safetensors, replacing the file as a whole or not at all.
 *
 * @param path     the file.
 * @param metadata a JSON object of strings to keep beside the description; NULL for none. The keys "description",
 * "pcil_format", "pcil_version", "data_crc32" are the library's.
 * @return PCIL_OK; PCIL_ERROR_IO; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (not finished); PCIL_ERROR_MEMORY;
 *         PCIL_ERROR_DIVERGED: a weight is not finite, the file is as it was. @since 0.1
 */
pcil_status pcil_network_save(const pcil_network *network, const char *path, const char *metadata);

/**
 * Loads a network saved by pcil_network_save. The file may be hostile: it is checked before it is believed.
 *
 * @param network receives the handle; untouched on failure.
 * @return PCIL_OK; PCIL_ERROR_IO; PCIL_ERROR_FORMAT (says what and where); PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_load(pcil_network **network, const char *path);

/**
 * Reads the metadata of a saved network without its weights: a JSON object of strings, those given to pcil_network_save
 * and "description", "pcil_format", "pcil_version", "data_crc32" (of the weights' bytes, in hexadecimal; a file may
 * lack it), in the file's order.
 *
 * @param text, capacity, length the text convention of pcil.h.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_IO; PCIL_ERROR_FORMAT; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_metadata(const char *path, char *text, int64_t capacity, int64_t *length);

#ifdef __cplusplus
}
#endif

#endif
