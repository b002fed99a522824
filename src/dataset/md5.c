#include "dataset/md5.h"

#include "file/file.h"

#ifdef PCIL_WITH_MD5
#include <md5.h>
#include <stdio.h>

enum { PIECE = 1 << 15 };

pcil_status pc_md5_file(const char *path, struct pc_md5 *sum) {
    struct pc_file file;
    MD5_CTX context;
    uint8_t piece[PIECE], digest[MD5_DIGEST_LENGTH];
    pcil_status status = pc_file_open(&file, NULL, path);
    if (status != PCIL_OK) return status;
    MD5Init(&context);
    for (uint64_t done = 0; done < file.size && status == PCIL_OK; done += PIECE) {
        uint64_t size = file.size - done < PIECE ? file.size - done : PIECE;
        status = pc_file_read_at(&file, NULL, path, done, piece, size);
        if (status == PCIL_OK) MD5Update(&context, piece, size);
    }
    pc_file_close(&file);
    MD5Final(digest, &context);
    for (int i = 0; i < MD5_DIGEST_LENGTH; i++) snprintf(sum->text + 2 * i, 3, "%02x", digest[i]);
    return status;
}
#else
pcil_status pc_md5_file(const char *path, struct pc_md5 *sum) {
    (void)path;
    sum->text[0] = '\0';
    return PCIL_OK;
}
#endif
