/* The file metrics.jsonl: opened, gone on with from where the checkpoint was, begun anew where it was removed. */
#include "base/memory.h"
#include "base/text.h"
#include "file/file.h"
#include "training/trainer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char metrics_name[] = "metrics.jsonl";

static pcil_status fail_metrics(pcil_trainer *trainer, const char *what) {
    struct pc_quote quote;
    return pc_fail(&trainer->error, PCIL_ERROR_IO, "cannot %s '%s/%s': %s", what,
                   pc_quote(&quote, trainer->folder.path), metrics_name, strerror(errno));
}

/* O_NONBLOCK: opening a pipe must not wait for its reader. No link leads the lines out of the folder. */
static pcil_status open_metrics(pcil_trainer *trainer, int flags) {
    char *path = pc_file_join(trainer->folder.path, metrics_name);
    struct stat status = {0};
    struct pc_quote quote;
    if (!path) return pc_fail_memory(&trainer->error, "a path");
    int descriptor = pc_file_descriptor(path, O_RDWR | O_APPEND | O_NONBLOCK | O_NOFOLLOW | flags);
    pcil_status result = descriptor < 0 ? fail_metrics(trainer, "open") : PCIL_OK;
    pc_release(path);
    if (result != PCIL_OK) return result;
    trainer->folder.metrics = descriptor;
    if (fstat(descriptor, &status) != 0) return fail_metrics(trainer, "look at");
    if (S_ISREG(status.st_mode)) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_IO, "'%s/%s' is not a regular file",
                   pc_quote(&quote, trainer->folder.path), metrics_name);
}

pcil_status pc_folder_renew_metrics(pcil_trainer *trainer) {
    struct pc_quote quote;
    if (trainer->folder.metrics >= 0) close(trainer->folder.metrics);
    trainer->folder.metrics = -1;
    trainer->folder.metrics_size = 0;
    pc_run_warn(trainer, "'%s/%s' was removed: its lines are lost, and a new one begins here",
                pc_quote(&quote, trainer->folder.path), metrics_name);
    return open_metrics(trainer, O_CREAT | O_EXCL);
}

pcil_status pc_folder_cut_metrics(pcil_trainer *trainer) {
    int result;
    do result = ftruncate(trainer->folder.metrics, (off_t)trainer->folder.metrics_size);
    while (result != 0 && errno == EINTR);
    return result == 0 ? PCIL_OK : fail_metrics(trainer, "cut");
}

/* The checkpoint's lines end where it says, if nobody changed them. */
static pcil_status check_metrics(pcil_trainer *trainer) {
    int64_t size = trainer->folder.metrics_size;
    struct pc_quote quote;
    char last = '\n';
    ssize_t got;
    do got = size > 0 ? pread(trainer->folder.metrics, &last, 1, (off_t)size - 1) : 1;
    while (got < 0 && errno == EINTR);
    if (got < 0) return fail_metrics(trainer, "read");
    if (got == 1 && last == '\n') return PCIL_OK;
    return pc_fail(
        &trainer->error, PCIL_ERROR_FORMAT,
        "'%s/%s' was changed since the checkpoint, when it had %lld bytes: %s. Put it back, or remove it: the "
        "run then goes on with a new one",
        pc_quote(&quote, trainer->folder.path), metrics_name, (long long)size,
        got == 1 ? "no line ends there now" : "it is shorter now");
}

pcil_status pc_folder_continue_metrics(pcil_trainer *trainer) {
    if (trainer->checkpoint && !pc_folder_has(trainer, metrics_name)) return pc_folder_renew_metrics(trainer);
    pcil_status status = open_metrics(trainer, trainer->checkpoint ? 0 : O_CREAT);
    if (status == PCIL_OK) status = check_metrics(trainer);
    return status == PCIL_OK ? pc_folder_cut_metrics(trainer) : status;
}
