/*
 * Arrays of weights from and to other programs' files: numpy's .npz, plain safetensors, PyTorch's layout.
 * pcil_network_save and pcil_network_load keep whole models; the formats here keep arrays alone, so the network is made
 * first, from its description. The formats are kinds of family "format":
 *
 *   npz          a zip of .npy arrays, as numpy.savez and numpy.savez_compressed write: our names, our shapes
 *   safetensors  without metadata: our names, our shapes
 *   torch        safetensors of a PyTorch state_dict: dense weights [units][inputs], convolutions [channels][input
 *                channels][height][width]; inputs of a dense operation on images count channels first, as
 *                nn.Flatten gives them
 *
 * All are 32-bit floats. A map of names translates: a JSON object of their name to ours, such as
 * {"0.weight": "block0.dense.weight"}; names that it leaves out are the same in both.
 */
#ifndef PCIL_CONVERT_H
#define PCIL_CONVERT_H

#include "pcil/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes all tensors of a network in another format, replacing the file as a whole or not at all. The same weights give
 * the same bytes.
 *
 * @param network finished.
 * @param path    the file.
 * @param format  a name of family "format".
 * @param names   a JSON object of their names to ours; NULL: our names.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT (an unknown format lists the known; a map that names no tensor of the network,
 * or one twice, or gives two the same name, or one that no file of the format can hold); PCIL_ERROR_STATE (not
 * finished); PCIL_ERROR_IO; PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_save_arrays(const pcil_network *network, const char *path, const char *format,
                                     const char *names);

/**
 * Takes all weights of a network from a file in another format. The file may be hostile: it must hold exactly the
 * network's tensors, of their shapes, with finite numbers; nothing is changed if it does not.
 *
 * @param network finished.
 * @param path    the file.
 * @param format  a name of family "format".
 * @param names   a JSON object of their names to ours; NULL: our names.
 * @return PCIL_OK; PCIL_ERROR_ARGUMENT; PCIL_ERROR_STATE (not finished); PCIL_ERROR_IO; PCIL_ERROR_FORMAT (names the
 *         tensor and both shapes); PCIL_ERROR_UNSUPPORTED (a compressed file, and the build lacks zlib);
 *         PCIL_ERROR_MEMORY. @since 0.1
 */
pcil_status pcil_network_load_arrays(pcil_network *network, const char *path, const char *format, const char *names);

#ifdef __cplusplus
}
#endif

#endif
