/* CRC-32 (ISO-HDLC: of zlib, PNG, Ethernet), so that every build has it. */
#ifndef PC_FILE_CHECKSUM_H
#define PC_FILE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `sum`, which is 0 at first. */
uint32_t pc_checksum(uint32_t sum, const void *bytes, size_t size);

#endif
