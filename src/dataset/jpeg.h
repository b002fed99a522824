/* The JPEG pictures of Tiny ImageNet: 64 x 64, grey or colour. */
#ifndef PC_DATASET_JPEG_H
#define PC_DATASET_JPEG_H

#include "file/file.h"

enum { PC_JPEG_SIDE = 64, PC_JPEG_BYTES = PC_JPEG_SIDE * PC_JPEG_SIDE * 3, PC_JPEG_MOST = 1 << 20 };

/* A decoder or encoder; one thread at a time. PCIL_ERROR_UNSUPPORTED if the build lacks libjpeg-turbo. */
pcil_status pc_jpeg_decoder(void **decoder);
pcil_status pc_jpeg_encoder(void **encoder);
void pc_jpeg_free(void *coder);

/* Decodes one picture to [64][64][3] bytes; grey ones become colour. `path` is for messages. */
pcil_status pc_jpeg_decode(void *decoder, const char *path, const struct pc_bytes *content, uint8_t *pixels);

/* Encodes [64][64][channels] bytes, channels 1 or 3, into `content`, to be freed by pc_jpeg_bytes_free. */
pcil_status pc_jpeg_encode(void *encoder, const uint8_t *pixels, int32_t channels, struct pc_bytes *content);
void pc_jpeg_bytes_free(struct pc_bytes *content);

#endif
