/* MD5 of whole files: the checksum by which the official archives are known. Not for security. */
#ifndef PC_DATASET_MD5_H
#define PC_DATASET_MD5_H

#include "base/status.h"

struct pc_md5 {
    char text[33]; /* 32 hexadecimal digits; "" if the build cannot tell */
};

pcil_status pc_md5_file(const char *path, struct pc_md5 *sum);

#endif
